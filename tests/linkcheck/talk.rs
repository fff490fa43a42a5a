//! The talk's link checker, compared with `linkcheck`.

use super::*;
use std::sync::Condvar;
use std::time::Instant;

/// Pages with more links than the talk's queue has room for: every page links
/// to every other, and to one that is not there.
const PAGES: usize = 120;

fn large_site() -> Server {
    let links: String = (0..PAGES)
        .map(|n| format!("<a href=/{n}>{n}</a>"))
        .collect();
    let answer = html(&(links + "<a href=/missing>x</a>"));
    Server::start(move |request| {
        let there = request.path[1..].parse::<usize>().is_ok_and(|n| n < PAGES);
        vec![Step::send(match there {
            true => answer.clone(),
            false => status("404 Not Found"),
        })]
    })
}

/// A bounded queue: its users wait for room, or for an item.
struct Bounded {
    room: usize,
    state: Mutex<(Vec<(u32, String)>, usize)>,
    changed: Condvar,
}

impl Bounded {
    /// Waits for room; false if there will be none.
    fn put(&self, item: (u32, String), deadline: Instant) -> bool {
        let mut state = self.state.lock().unwrap();
        while state.0.len() >= self.room {
            let left = deadline.saturating_duration_since(Instant::now());
            let (woken, late) = self.changed.wait_timeout(state, left).unwrap();
            state = woken;
            if late.timed_out() {
                return false;
            }
        }
        state.0.push(item);
        self.changed.notify_all();
        true
    }

    /// The next item; `None` at the end, or after the time limit.
    fn get(&self, deadline: Instant) -> Option<(u32, String)> {
        let mut state = self.state.lock().unwrap();
        loop {
            if !state.0.is_empty() {
                state.1 += 1;
                self.changed.notify_all();
                return Some(state.0.remove(0));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if state.1 == 0 || left.is_zero() {
                return None;
            }
            state = self.changed.wait_timeout(state, left).unwrap().0;
        }
    }
}

/// The talk's algorithm: ten workers, one queue with room for 100, which they
/// both drain and fill, without a record of visited pages. Returns whether it ended in
/// time, and how many pages it fetched.
fn as_in_the_talk(server: &Server, levels: u32) -> (bool, usize) {
    let deadline = Instant::now() + Duration::from_secs(2);
    let first = (levels, server.url("/0"));
    let queue = Bounded {
        room: 100,
        state: Mutex::new((vec![first], 0)),
        changed: Condvar::new(),
    };
    let fetched = Mutex::new(0);
    let stuck = Mutex::new(false);
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                while let Some((level, url)) = queue.get(deadline) {
                    *fetched.lock().unwrap() += 1;
                    let page = run(process::program("fetch").arg(&url), b"").stdout;
                    if level > 1 {
                        for link in String::from_utf8_lossy(&page).split("href=").skip(1) {
                            let path = link.split('>').next().unwrap();
                            if !queue.put((level - 1, server.url(path)), deadline) {
                                *stuck.lock().unwrap() = true;
                                break;
                            }
                        }
                    }
                    queue.state.lock().unwrap().1 -= 1;
                    queue.changed.notify_all();
                }
            });
        }
    });
    (!stuck.into_inner().unwrap(), fetched.into_inner().unwrap())
}

#[test]
fn where_the_talks_locks_up_or_repeats_ours_is_done() {
    let server = large_site();
    let (ended, fetched) = as_in_the_talk(&server, 3);
    assert!(!ended || fetched > PAGES + 1, "{fetched}");
    let before = server.requests().len();
    let (lines, _, status) = check(&server, &["--level=3", &server.url("/0")]);
    assert_eq!((lines.len(), status), (PAGES, 1));
    assert_eq!(
        server.requests().len() - before,
        PAGES + 1,
        "each page once"
    );
}

#[test]
fn small_programs_in_a_shell_find_the_same() {
    let server = site([
        (
            "/",
            html("<a href=a>.</a><a href=b/>.</a><a href=no>.</a><img src=no.png>"),
        ),
        (
            "/a",
            html("<a href=no>.</a><a href=/old>.</a><a href='mailto:x@y'>.</a>"),
        ),
        (
            "/b/",
            html("<base href=/c/><a href=d>.</a><a href=../a>.</a><a href='e f?g'>.</a>"),
        ),
        ("/c/d", html("<a href=never>.</a>")),
        ("/old", redirect("/new/")),
        ("/new/", html("<a href=x>.</a>")),
    ]);
    for levels in ["1", "2", "3", "9"] {
        let args = ["--no-fragments", "--level", levels, &server.url("/")];
        let (lines, ..) = check(&server, &args);
        let mut script = Command::new(repository("scripts/linkcheck-talk"));
        script.args([&server.url("/"), levels]);
        script.env("TEXTMILL_BIN", process::programs());
        let ran = run(&mut script, b"");
        let stdout = String::from_utf8(ran.stdout).unwrap();
        let stdout = stdout.replace(&server.url(""), "");
        let mut found: Vec<&str> = stdout.lines().collect();
        found.sort();
        assert_eq!(found, lines, "{levels}: {}", ran.stderr);
        assert_eq!(
            (&ran.stderr[..], ran.status),
            ("", i32::from(!lines.is_empty()))
        );
        assert_eq!(lines.is_empty(), levels == "1");
    }
}
