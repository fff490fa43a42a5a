//! Many URLs at once.

use super::{body, fetch, program, text};
use crate::process::{json_lines, skipped};
use crate::server::{Request, Server, Step, head, page, status};
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::time::{Duration, Instant};

/// URLs of these paths, as arguments.
fn urls(server: &Server, paths: impl Iterator<Item = usize>) -> Vec<String> {
    paths.map(|n| server.url(&format!("/{n}"))).collect()
}

fn refs(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

fn number(request: &Request) -> usize {
    request.path[1..].parse().unwrap()
}

/// A step that waits for a message on a channel.
fn gate() -> (mpsc::Sender<()>, Step) {
    let (open, wait) = mpsc::channel();
    let wait = Mutex::new(wait);
    let step = Step::Call(Arc::new(move || {
        let _ = wait.lock().unwrap().recv();
    }));
    (open, step)
}

/// Bodies of every size, those ahead of their turn in memory and in files.
#[test]
fn bodies_in_order_each_whole() {
    let bodies: Vec<Vec<u8>> = (0..40)
        .map(|n| text(if n % 7 == 3 { 700_000 } else { n * n * 10 }))
        .collect();
    let served = bodies.clone();
    let server = Server::start(move |request| {
        let n = number(request);
        // Those in front come last.
        let pause = Step::Pause(Duration::from_millis(if n < 5 { 200 } else { 0 }));
        vec![pause, Step::Send(page(&[], &served[n]))]
    });
    let urls = urls(&server, 0..40);
    for jobs in ["-j1", "-j2", "-j10", "-j100"] {
        let args = [&[jobs][..], &refs(&urls)].concat();
        assert!(body(&args) == bodies.concat(), "{jobs}");
    }
}

/// Each of ten waits until all ten have been asked for.
#[test]
fn ten_at_a_time() {
    let all = Arc::new(Barrier::new(10));
    let server = Server::start(move |request| {
        let all = Arc::clone(&all);
        let wait = Step::Call(Arc::new(move || {
            all.wait();
        }));
        vec![wait, Step::Send(page(&[], request.path.as_bytes()))]
    });
    let urls = urls(&server, 0..10);
    assert_eq!(body(&refs(&urls)), b"/0/1/2/3/4/5/6/7/8/9");
}

#[test]
fn no_more_than_that() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let server = Server::start(move |_| {
        let (enter, leave, most) = (Arc::clone(&now), Arc::clone(&now), Arc::clone(&seen));
        vec![
            Step::Call(Arc::new(move || {
                let n = enter.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(n, Ordering::SeqCst);
            })),
            Step::Pause(Duration::from_millis(20)),
            Step::Call(Arc::new(move || {
                leave.fetch_sub(1, Ordering::SeqCst);
            })),
            Step::Send(page(&[], b"x")),
        ]
    });
    let urls = urls(&server, 0..12);
    for (limit, n) in [("-j3", 3), ("--per-host=2", 3)] {
        most.store(0, Ordering::SeqCst);
        assert_eq!(body(&[&[limit][..], &refs(&urls)].concat()), [b'x'; 12]);
        // The one whose turn it is may come on top of the host's limit.
        assert!(most.load(Ordering::SeqCst) <= n, "{limit}");
    }
}

/// The time in the queue does not count.
#[test]
fn the_time_of_a_url_begins_with_its_request() {
    let server = Server::start(|request| {
        let pause = Step::Pause(Duration::from_millis(400));
        vec![pause, Step::Send(page(&[], request.path.as_bytes()))]
    });
    let report = tempfile::NamedTempFile::new().unwrap();
    let urls = urls(&server, 0..7);
    let report_to = format!("--report={}", report.path().display());
    let args = ["-j1", "--retry=0", "--max-time=2s", &report_to];
    assert_eq!(body(&[&args[..], &refs(&urls)].concat()), b"/0/1/2/3/4/5/6");
    // Their sum would be more than that, were the waits in it.
    let text = std::fs::read_to_string(report.path()).unwrap();
    for line in json_lines(text.lines()) {
        assert!(line["ms"].as_u64().unwrap() < 2000, "{line}");
    }
}

/// Bodies that waited for their turn, and then for their writing, are no success before that.
#[test]
fn what_was_not_written_is_not_reported_as_written() {
    let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else {
        return skipped("no /dev/full");
    };
    let server = Server::start(|request| match number(request) {
        0 => vec![
            Step::Pause(Duration::from_millis(400)),
            Step::Send(status("404 Not Found")),
        ],
        _ => vec![Step::Send(page(&[], b"a body"))],
    });
    let report = tempfile::NamedTempFile::new().unwrap();
    let report_to = format!("--report={}", report.path().display());
    let urls = urls(&server, 0..5);
    let args = [&[report_to.as_str()][..], &refs(&urls)].concat();
    let output = program(&args).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = std::fs::read_to_string(report.path()).unwrap();
    let told = json_lines(text.lines());
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["error"], "status");
}

#[test]
fn connections_are_used_again() {
    let server = Server::start(|request| {
        let body = &request.path;
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        vec![Step::send(answer), Step::Keep]
    });
    let urls = urls(&server, 0..200);
    let args = [&["-j4"][..], &refs(&urls)].concat();
    let expected: String = (0..200).map(|n| format!("/{n}")).collect();
    assert_eq!(String::from_utf8(body(&args)).unwrap(), expected);
    assert!(server.connections() <= 4, "{}", server.connections());
}

#[test]
fn failures_in_order_and_the_others_complete() {
    let server = Server::start(|request| {
        let n = number(request);
        let pause = Step::Pause(Duration::from_millis(100 - 10 * n as u64));
        let answer = match n % 3 {
            1 => status("404 Not Found"),
            _ => page(&[], request.path.as_bytes()),
        };
        vec![pause, Step::Send(answer)]
    });
    let urls = urls(&server, 0..9);
    let ran = fetch(&refs(&urls));
    assert_eq!(ran.stdout, b"/0/2/3/5/6/8");
    let lines = [1, 4, 7].map(|n| format!("fetch: {}: 404 Not Found\n", urls[n]));
    assert_eq!((ran.status, ran.stderr), (1, lines.concat()));
}

/// The received part of the next body is written as soon as it is its turn, before its rest
/// and before the next URL.
#[test]
fn received_bytes_are_written_at_their_turn() {
    let ((first, one), (second, two)) = (gate(), gate());
    let begun = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\nsec";
    let server = Server::start(move |request| match number(request) {
        1 => vec![one.clone(), Step::Send(page(&[], b"first"))],
        _ => vec![Step::send(begun), two.clone(), Step::send("ond")],
    });
    let mut child = program(&[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    for url in urls(&server, 1..3) {
        writeln!(stdin, "{url}").unwrap();
    }
    while server.requests().len() < 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
    first.send(()).unwrap();
    let mut out = [0; 8];
    stdout.read_exact(&mut out).unwrap();
    assert_eq!(&out, b"firstsec");
    second.send(()).unwrap();
    stdout.read_exact(&mut out[..3]).unwrap();
    assert_eq!(&out[..3], b"ond");
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

/// Whatever is in flight, and whatever is awaited on standard input.
#[test]
fn a_reader_who_leaves_ends_it_all() {
    use std::os::unix::process::ExitStatusExt;
    let text = text(4 << 20);
    let server = Server::start(move |request| match number(request) {
        1 => vec![Step::Send(page(&[], &text))],
        _ => vec![Step::Pause(Duration::from_secs(60))],
    });
    let mut child = program(&[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for url in urls(&server, 1..5) {
        writeln!(stdin, "{url}").unwrap();
    }
    let start = Instant::now();
    child
        .stdout
        .take()
        .unwrap()
        .read_exact(&mut [0; 4])
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.signal(), output.stderr), (Some(13), vec![]));
    assert!(start.elapsed() < Duration::from_secs(30));
    drop(stdin);
}

/// A body that waits for its turn is not late, nor is one with a slow reader.
#[test]
fn waiting_downstream_is_not_counted() {
    let text = text(3 << 20);
    let served = text.clone();
    let server = Server::start(move |_| vec![Step::Send(page(&[], &served))]);
    let url = server.url("/1");
    let mut child = program(&["--max-time=1s", &url, &url])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(2000));
    let mut out = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut out).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(out == [&text[..], &text].concat());
}

/// A body that breaks off ahead of its turn needs no second place at its host.
#[test]
fn a_break_gives_its_place_up() {
    let (open, gate) = gate();
    let open = Mutex::new(open);
    let server = Server::start(
        move |request| match (number(request), request.header("range")) {
            (1, _) => vec![gate.clone(), Step::Send(page(&[], b"one"))],
            (_, None) => {
                let lines = ["ETag: \"a\"", "Content-Length: 4"];
                vec![Step::Send([&head("200 OK", &lines)[..], b"tw"].concat())]
            }
            (_, Some(_)) => {
                let lines = [
                    "ETag: \"a\"",
                    "Content-Length: 2",
                    "Content-Range: bytes 2-3/4",
                ];
                open.lock().unwrap().send(()).unwrap();
                vec![Step::Send(
                    [&head("206 Partial Content", &lines)[..], b"o!"].concat(),
                )]
            }
        },
    );
    let urls = urls(&server, 1..3);
    let args = [&["--per-host=2"][..], &refs(&urls)].concat();
    assert_eq!(body(&args), b"onetwo!");
}
