//! Many URLs at once, their bodies in order, each whole.
//!
//! Threads take URLs as they come, and each fetches one at a time. Bodies have
//! turns, in the order of their URLs. The thread whose body's turn it is writes
//! to the output itself, as if it were alone: no byte changes hands. The others
//! put what comes into spools (`spool`), and stop reading when these are full.
//!
//! A thread that is done with its turn passes it on: it writes out what waits
//! of the next body, and if that is complete, takes the next but one, and so
//! on, until it comes to a body that is still on its way. From then on that
//! one's own thread writes. So what has come is out, whatever it waits for.
//!
//! How far ahead of its turn a body may be: [`AHEAD`] URLs. How many threads
//! there are: as many as there are URLs in flight, [`Options::jobs`] at most;
//! they are started as they are needed.
//!
//! When the output fails, all is over at once; what the threads are doing is
//! left to end by itself.
//!
//! [`Options::jobs`]: super::Options::jobs

use super::errand::Errand;
use super::spool::{Room, Spool};
use super::{Fetcher, Transfer};
use crate::common::error::Error;
use crate::common::stream::Blocks;
use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

mod sink;

use sink::Sink;

/// How many URLs are taken beyond the one whose turn it is: each of them may
/// need an open file for its spool.
const AHEAD: usize = 256;

/// How many URLs wait for a thread at most. Who adds them is woken when half of
/// them are gone: not for every single one, which takes its time.
const QUEUE: usize = 64;

/// Small bodies that wait are gathered to writes of this size, in bytes.
const GATHER: usize = 64 << 10;

/// A thread needs little: its buffers are not on its stack, in bytes.
const STACK: usize = 1 << 20;

/// Fetches many URLs at once and writes their bodies in order. A clone is the
/// same one, for another thread.
pub struct Many<W> {
    shared: Arc<Shared<W>>,
}

impl<W> Clone for Many<W> {
    fn clone(&self) -> Self {
        let shared = Arc::clone(&self.shared);
        Many { shared }
    }
}

impl<W> fmt::Debug for Many<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Many").finish_non_exhaustive()
    }
}

struct Shared<W> {
    fetcher: Fetcher,
    state: Mutex<State>,
    /// For the threads: there is a URL, or there will be none.
    work: Condvar,
    /// For bodies ahead: there is room, or it is their turn.
    onward: Condvar,
    /// For who adds: there is room for more URLs.
    progress: Condvar,
    /// For who waits: all is over.
    over: Condvar,
    room: Arc<Room>,
    output: Mutex<W>,
    /// The output once more, if it is a pipe.
    pipe: Option<File>,
    done: Box<dyn Fn(Transfer) + Send + Sync>,
}

#[derive(Default)]
struct State {
    /// The URLs that nobody has taken yet.
    queue: VecDeque<Arc<Entry>>,
    /// All that are not done, in order: the first one's turn it is.
    entries: VecDeque<Arc<Entry>>,
    threads: usize,
    /// How many threads wait for a URL.
    idle: usize,
    /// How many bodies ahead wait for room or their turn.
    held_up: usize,
    /// Who adds URLs waits for room.
    full: bool,
    /// No more URLs will come.
    ended: bool,
    /// The output failed, and with it everything.
    broken: Option<Error>,
    is_broken: bool,
}

/// One URL and what has come of it so far.
struct Entry {
    errand: Arc<Errand>,
    body: Mutex<Waiting>,
}

struct Waiting {
    spool: Spool,
    /// It is this body's turn, and its own thread writes it.
    direct: bool,
    /// It is complete, or as complete as it will be.
    transfer: Option<Transfer>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|held| held.into_inner())
}

impl<W: Write + Send + 'static> Many<W> {
    /// Bodies go to `output`; where that is a pipe, `pipe` is the same once more, and what
    /// nothing needs to look at is moved to it within the kernel. When all of a body is
    /// written, or all there will be of it, `done` is called, in the order of the URLs.
    pub fn new(
        fetcher: Fetcher,
        output: W,
        pipe: Option<File>,
        done: impl Fn(Transfer) + Send + Sync + 'static,
    ) -> Many<W> {
        Many::within(Room::new(), fetcher, output, pipe, done)
    }

    /// The same, with so much room for bodies that wait.
    fn within(
        room: Arc<Room>,
        fetcher: Fetcher,
        output: W,
        pipe: Option<File>,
        done: impl Fn(Transfer) + Send + Sync + 'static,
    ) -> Many<W> {
        Many {
            shared: Arc::new(Shared {
                fetcher,
                state: Mutex::default(),
                work: Condvar::new(),
                onward: Condvar::new(),
                progress: Condvar::new(),
                over: Condvar::new(),
                room,
                output: Mutex::new(output),
                pipe,
                done: Box::new(done),
            }),
        }
    }

    /// Adds a URL; one thread does that. Waits while there are enough of them. An error is
    /// that all is over: there is no use in adding more.
    pub fn add(&self, url: &str) -> Result<(), Error> {
        let shared = &self.shared;
        let jobs = shared.jobs();
        let mut state = lock(&shared.state);
        state.full = state.queue.len() >= QUEUE || state.entries.len() >= AHEAD + jobs;
        while !state.is_broken && state.full {
            state = shared.wait(&shared.progress, state);
        }
        if state.is_broken {
            return Err(Error::Write(io::ErrorKind::Other.into()));
        }
        let first = state.entries.is_empty();
        let entry = Arc::new(Entry {
            errand: Arc::new(shared.fetcher.errand(url)),
            body: Mutex::new(Waiting {
                spool: Spool::new(&shared.room),
                direct: first,
                transfer: None,
            }),
        });
        if first {
            entry.errand.hurry();
        }
        state.entries.push_back(Arc::clone(&entry));
        state.queue.push_back(entry);
        if state.idle >= state.queue.len() {
            shared.work.notify_one();
        } else if state.threads < jobs {
            state.threads += 1;
            drop(state);
            self.start();
        }
        Ok(())
    }

    /// One more thread. Without it the others do the work; without any, all is over.
    fn start(&self) {
        let shared = Arc::clone(&self.shared);
        let thread = thread::Builder::new().stack_size(STACK);
        let started = thread.spawn(move || shared.serve());
        if let Err(error) = started {
            let mut state = lock(&self.shared.state);
            state.threads -= 1;
            if state.threads == 0 {
                drop(state);
                self.shared.fail(Error::Start(error).of("thread"));
            }
        }
    }

    /// Says that no URL will be added any more.
    pub fn end(&self) {
        lock(&self.shared.state).ended = true;
        self.shared.work.notify_all();
        self.shared.over.notify_all();
    }

    /// Waits until all is done after the [`end`](Many::end). An error is that
    /// the output failed.
    pub fn wait(&self) -> Result<(), Error> {
        let mut state = lock(&self.shared.state);
        while !(state.is_broken || state.ended && state.entries.is_empty()) {
            state = self.shared.wait(&self.shared.over, state);
        }
        state.broken.take().map_or(Ok(()), Err)
    }

    /// What is under way, in order.
    pub fn in_flight(&self) -> Vec<Arc<Errand>> {
        let state = lock(&self.shared.state);
        let errands = state.entries.iter().map(|entry| &entry.errand);
        errands
            .filter(|errand| errand.is_under_way())
            .cloned()
            .collect()
    }
}

impl<W> Shared<W> {
    fn jobs(&self) -> usize {
        self.fetcher.inner.options.jobs.max(1)
    }
}

impl<W: Write> Shared<W> {
    fn wait<'a>(&self, condition: &Condvar, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        condition
            .wait(state)
            .unwrap_or_else(|held| held.into_inner())
    }

    /// A thread's life: one URL after the other.
    fn serve(self: Arc<Self>) {
        let mut blocks = Blocks::new();
        while let Some(entry) = self.next() {
            let mut output = Sink {
                shared: &self,
                entry: &entry,
                direct: false,
            };
            let transfer = self.fetcher.run(&entry.errand, &mut blocks, &mut output);
            if let Err(error) = self.finish(&entry, transfer) {
                self.fail(error);
            }
        }
    }

    /// The next URL to fetch; none if there will be none.
    fn next(&self) -> Option<Arc<Entry>> {
        let mut state = lock(&self.state);
        loop {
            if state.is_broken {
                return None;
            }
            if let Some(entry) = state.queue.pop_front() {
                self.ask_for_more(&mut state);
                return Some(entry);
            }
            if state.ended {
                return None;
            }
            state.idle += 1;
            state = self.wait(&self.work, state);
            state.idle -= 1;
        }
    }

    /// Wakes who adds URLs, if there is room for them.
    fn ask_for_more(&self, state: &mut State) {
        let room = state.queue.len() <= QUEUE / 2 && state.entries.len() < AHEAD + self.jobs();
        if state.full && room {
            state.full = false;
            self.progress.notify_one();
        }
    }

    /// Nothing can be written any more.
    fn fail(&self, error: Error) {
        let mut state = lock(&self.state);
        state.is_broken = true;
        state.broken.get_or_insert(error);
        drop(state);
        self.work.notify_all();
        self.onward.notify_all();
        self.progress.notify_all();
        self.over.notify_all();
    }

    /// A body is complete. If it had its turn, that is passed on.
    fn finish(&self, entry: &Entry, transfer: Transfer) -> Result<(), Error> {
        // Only a broken output is everybody's.
        if let Some(Error::Write(_)) = transfer.error {
            return Err(transfer.error.unwrap_or(Error::Data("")));
        }
        {
            let mut body = lock(&entry.body);
            if !body.direct {
                body.transfer = Some(transfer);
                return Ok(());
            }
        }
        (self.done)(transfer);
        self.pass_on()
    }

    /// Passes the turn on, and writes out what waits.
    fn pass_on(&self) -> Result<(), Error> {
        let mut gathered = Gathered::default();
        loop {
            let next = {
                let mut state = lock(&self.state);
                // The last of all may be the end of the program, and whoever
                // comes after it begins to write at once.
                if state.entries.len() == 1 && !gathered.done.is_empty() {
                    drop(state);
                    self.write(&mut gathered)?;
                    continue;
                }
                state.entries.pop_front();
                if state.entries.is_empty() {
                    self.over.notify_all();
                }
                self.ask_for_more(&mut state);
                state.entries.front().cloned()
            };
            let Some(next) = next else { return Ok(()) };
            // Its thread waits meanwhile, if it has something to write.
            let mut body = lock(&next.body);
            next.errand.hurry();
            self.fetcher.inner.hosts.look_again();
            body.spool.drain(|bytes| {
                gathered.bytes.extend_from_slice(bytes);
                match gathered.bytes.len() >= GATHER {
                    true => self.write(&mut gathered),
                    false => Ok(()),
                }
            })?;
            let transfer = body.transfer.take();
            if transfer.is_none() {
                self.write(&mut gathered)?;
                body.direct = true;
            }
            drop(body);
            self.wake();
            let Some(transfer) = transfer else {
                return Ok(());
            };
            let failed = transfer.error.is_some();
            gathered.done.push(transfer);
            if failed {
                self.write(&mut gathered)?;
            }
        }
    }

    /// Bodies ahead look whether there is room, or it is their turn.
    fn wake(&self) {
        if lock(&self.state).held_up > 0 {
            self.onward.notify_all();
        }
    }

    /// Writes what was gathered, and tells of the bodies that end there.
    fn write(&self, gathered: &mut Gathered) -> Result<(), Error> {
        if !gathered.bytes.is_empty() {
            let result = lock(&self.output).write_all(&gathered.bytes);
            result.map_err(Error::Write)?;
            gathered.bytes.clear();
        }
        gathered.done.drain(..).for_each(&self.done);
        Ok(())
    }
}

/// Bodies that are written at once.
#[derive(Default)]
struct Gathered {
    bytes: Vec<u8>,
    /// What came of those that end there.
    done: Vec<Transfer>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::fetch::Options;

    /// An output that can be looked at, and fails when it is full.
    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>, Option<usize>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut held = lock(&self.0);
            if self.1.is_some_and(|most| held.len() + bytes.len() > most) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            held.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Files with different bodies, their URLs, and all the bodies in order.
    fn files(n: usize, len: usize) -> (tempfile::TempDir, Vec<String>, Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let mut all = Vec::new();
        let urls = (0..n).map(|i| {
            let path = dir.path().join(i.to_string());
            let body: Vec<u8> = (0..len).map(|at| (at * (i + 7)) as u8).collect();
            std::fs::write(&path, &body).unwrap();
            all.extend(body);
            format!("file://{}", path.display())
        });
        let urls = urls.collect();
        (dir, urls, all)
    }

    fn fetch(room: Arc<Room>, output: &Output, urls: &[String]) -> (Result<(), Error>, usize) {
        let done = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&done);
        let fetcher = Fetcher::new(Options::default()).unwrap();
        let many = Many::within(room, fetcher, output.clone(), None, move |transfer| {
            assert!(transfer.error.is_none());
            lock(&seen).push(transfer.url);
        });
        for url in urls {
            if many.add(url).is_err() {
                break;
            }
        }
        many.end();
        let result = many.wait();
        let done = lock(&done);
        assert_eq!(*done, urls[..done.len()]);
        (result, done.len())
    }

    /// However little room there is, all get through.
    #[test]
    fn bodies_wait_for_room_or_their_turn() {
        let (_dir, urls, all) = files(40, 400_000);
        for (memory, disk) in [(0, 0), (1000, 0), (0, 150_000), (300_000, 1_000_000)] {
            let output = Output::default();
            let (result, n) = fetch(Room::of(memory, disk), &output, &urls);
            assert!(result.is_ok() && n == urls.len());
            assert!(*lock(&output.0) == all);
        }
    }

    #[test]
    fn an_output_that_fails_is_the_end() {
        let (_dir, urls, all) = files(40, 400_000);
        let output = Output(Arc::default(), Some(3_000_000));
        let (result, n) = fetch(Room::of(1 << 20, 1 << 20), &output, &urls);
        assert!(matches!(result, Err(Error::Write(e)) if e.kind() == io::ErrorKind::StorageFull));
        assert!(n < urls.len() && all.starts_with(&lock(&output.0)));
    }
}
