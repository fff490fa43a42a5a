//! What `sieve` is measured against: threads with channels, and the bare cost of a process.
//!
//!     hoare threads FILE                 the primes among FILE's numbers, a thread for each
//!     hoare start N fork|exec|thread     starts one and waits for it, N times
//!
//! `scripts/bench` compiles this by rustc alone.

use std::process::Command;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// How many numbers a channel holds, as the talk has it.
const CHANNEL: usize = 10;

unsafe extern "C" {
    fn fork() -> i32;
    fn waitpid(id: i32, status: *mut i32, options: i32) -> i32;
    fn _exit(status: i32) -> !;
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["threads", file] => threads(std::fs::read_to_string(file).expect(file)),
        ["start", n, how] => {
            for _ in 0..n.parse().expect(n) {
                start(how);
            }
        }
        _ => panic!("usage: hoare threads FILE | hoare start N fork|exec|thread"),
    }
}

fn threads(text: String) {
    let (sink, source) = sync_channel(CHANNEL);
    thread::spawn(move || {
        for line in text.lines() {
            sink.send(line.parse().expect(line)).expect("a reader");
        }
    });
    let mut source: Receiver<u64> = source;
    while let Ok(prime) = source.recv() {
        println!("{prime}");
        let (sink, behind) = sync_channel(CHANNEL);
        // Channels carry the end on: nobody needs to be joined.
        let small = thread::Builder::new().stack_size(64 << 10);
        small
            .spawn(move || {
                for number in source {
                    if number % prime != 0 && sink.send(number).is_err() {
                        break;
                    }
                }
            })
            .expect("a thread");
        source = behind;
    }
}

fn start(how: &str) {
    match how {
        // SAFETY: one thread; the copy ends at once.
        "fork" => unsafe {
            let mut status = -1;
            match fork() {
                0 => _exit(0),
                id => assert!(waitpid(id, &mut status, 0) == id && status == 0),
            }
        },
        "exec" => assert!(Command::new("true").status().is_ok_and(|status| status.success())),
        "thread" => thread::spawn(|| {}).join().expect("a thread"),
        _ => panic!("no {how}"),
    }
}
