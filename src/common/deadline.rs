//! Reads that wait for input until a time at most.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The time until which reads wait. All clones have the same one, which can be set again.
#[derive(Clone, Debug, Default)]
pub struct Deadline(Arc<Mutex<Option<Instant>>>);

impl Deadline {
    /// Sets the time. Without one, reads wait until there is input.
    pub fn set(&self, time: Option<Instant>) {
        *self.0.lock().expect("no panic") = time;
    }

    fn time(&self) -> Option<Instant> {
        *self.0.lock().expect("no panic")
    }

    /// Waits until a read of the file would not wait. The error is [`io::ErrorKind::WouldBlock`] if
    /// that is not before the time. What can be read now is read, also after the time.
    pub fn wait(&self, file: impl AsFd) -> io::Result<()> {
        while let Some(time) = self.time() {
            let left = time.saturating_duration_since(Instant::now());
            let left = Timespec {
                tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            };
            match poll(&mut [PollFd::new(&file, PollFlags::IN)], Some(&left)) {
                Ok(0) => return Err(io::ErrorKind::WouldBlock.into()),
                Ok(_) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::time::Duration;

    #[test]
    fn it_waits_for_input_or_for_the_time() {
        let (read, mut write) = io::pipe().unwrap();
        let deadline = Deadline::default();
        // Without a time it is the read that waits.
        deadline.wait(&read).unwrap();
        for ms in [0, 20] {
            let time = Instant::now() + Duration::from_millis(ms);
            deadline.clone().set(Some(time));
            let error = deadline.wait(&read).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
            assert!(Instant::now() >= time);
        }
        write.write_all(b"a").unwrap();
        deadline.wait(&read).unwrap();
        deadline.set(Some(Instant::now() + Duration::from_secs(3600)));
        deadline.wait(&read).unwrap();
        // The end of the input is no reason to wait.
        let (read, _) = io::pipe().unwrap();
        deadline.wait(&read).unwrap();
        deadline.wait(tempfile::tempfile().unwrap()).unwrap();
    }
}
