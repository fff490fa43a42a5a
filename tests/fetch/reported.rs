//! Situations from public reports about fetching programs. The comment above each test
//! names the row of `docs/faults.md`, "From public reports", that it is for.

use super::{answers, body, fails, fetch, gzip, one, program, text};
use crate::process::{argument, run};
use crate::server::{Request, Server, Step, head, page, redirect, status};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A raw answer, of which nothing is added.
fn raw(lines: &[&str], body: &[u8]) -> Vec<u8> {
    [lines.join("\r\n").as_bytes(), b"\r\n\r\n", body].concat()
}

// case fetch-1
#[test]
fn a_binary_body_under_a_label_of_text() {
    let bytes = b"\x1F\x8B\x08\x00\xFF\xFE\xE9\x80";
    for label in ["text/plain", "text/plain; charset=iso-8859-1", "text/html"] {
        let server = one(page(&[&format!("Content-Type: {label}")], bytes));
        assert_eq!(body(&[&server.url("/")]), bytes, "{label}");
    }
}

// case fetch-2
#[test]
fn a_tgz_whose_compression_is_named_as_its_coding() {
    let tgz = gzip(&text(5000));
    let headers = [
        "Content-Type: application/x-gzip",
        "Content-Encoding: x-gzip",
    ];
    assert!(body(&[&one(page(&headers, &tgz)).url("/")]) == tgz);
    assert!(body(&[&one(page(&headers, &gzip(&tgz))).url("/")]) == tgz);
}

// case fetch-3
#[test]
fn a_signed_url_that_is_good_for_one_use() {
    let whole = text(50_000);
    let used = Arc::new(AtomicUsize::new(0));
    let (sent, count) = (whole.clone(), Arc::clone(&used));
    let store = Server::start(move |request: &Request| {
        let headers = [
            "ETag: \"a\"",
            "Accept-Ranges: bytes",
            "Content-Length: 50000",
        ];
        let wanted = count.load(Ordering::Relaxed).to_string();
        if request.path != format!("/signed/{wanted}") {
            return vec![Step::send(status("403 Forbidden"))];
        }
        match count.fetch_add(1, Ordering::Relaxed) {
            0 => vec![Step::send(
                [head("200 OK", &headers), sent[..20_000].to_vec()].concat(),
            )],
            _ => {
                assert_eq!(request.header("range"), Some("bytes=20000-"));
                let range = ["ETag: \"a\"", "Content-Range: bytes 20000-49999/50000"];
                let part = [head("206 Partial Content", &range), sent[20_000..].to_vec()];
                vec![Step::send(part.concat())]
            }
        }
    });
    let there = store.url("/signed");
    let site = Server::start(move |_| {
        let n = used.load(Ordering::Relaxed);
        vec![Step::send(redirect(&format!("{there}/{n}")))]
    });
    assert!(body(&[&site.url("/release.tar")]) == whole);
    assert_eq!((site.requests().len(), store.requests().len()), (2, 3));
}

// case fetch-5, case fetch-7
#[test]
fn heads_that_are_folded_or_long() {
    let folded = raw(
        &["HTTP/1.1 200 OK", "X-Policy: a;", " b", "Content-Length: 4"],
        b"body",
    );
    assert_eq!(body(&[&one(folded).url("/")]), b"body");
    let lines: Vec<String> = (0..300).map(|i| format!("X-{i}: y")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(body(&[&one(page(&lines, b"body")).url("/")]), b"body");
}

// case fetch-6
#[test]
fn cookies_last_as_long_as_their_url() {
    let other = one(page(&[], b"there"));
    let there = other.url("/").replace("127.0.0.1", "b.localhost");
    let server = Server::start(move |request: &Request| {
        let cookie = request.header("cookie").unwrap_or_default();
        let set = |to: &str, cookie: &str| {
            let lines = [format!("Location: {to}"), format!("Set-Cookie: {cookie}")];
            head("302 Found", &[&lines[0], &lines[1], "Content-Length: 0"])
        };
        vec![Step::send(match (request.path.as_str(), cookie) {
            ("/self", "a=1") => page(&[], b"welcome"),
            ("/self", _) => set("/self", "a=1"),
            ("/in", "") => set("/wall", "seen=1; Path=/"),
            ("/in", "seen=1; in=2") => page(&[], b"in"),
            ("/wall", "seen=1") => set("/in", "in=2; HttpOnly"),
            ("/away", _) => set(&there, "a=secret"),
            _ => status("400 Bad Request"),
        })]
    });
    assert_eq!(body(&[&server.url("/self")]), b"welcome");
    assert_eq!(body(&[&server.url("/in")]), b"in");
    assert_eq!(body(&[&server.url("/away")]), b"there");
    assert_eq!(other.requests()[0].header("cookie"), None);
    // The next URL starts without them.
    let urls = [server.url("/self"), server.url("/self")];
    assert_eq!(body(&["-j1", &urls[0], &urls[1]]), b"welcomewelcome");
    let asked = server.requests();
    let last = asked.iter().rev().take(4).rev();
    let cookies: Vec<Option<&str>> = last.map(|request| request.header("cookie")).collect();
    assert_eq!(cookies, [None, Some("a=1"), None, Some("a=1")]);
}

// case fetch-9
#[test]
fn a_page_that_is_being_made() {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |_| {
        vec![Step::send(match asked.fetch_add(1, Ordering::Relaxed) {
            0..3 => redirect("/"),
            _ => page(&[], b"made"),
        })]
    });
    assert_eq!(body(&[&server.url("/")]), b"made");
}

// case fetch-10
#[test]
fn a_proxy_that_fails_is_named() {
    let dead = "127.0.0.1:2";
    let server = one(page(&[], b"direct"));
    let failed = |proxy: &str, url: &str| {
        let mut command = program(&["--retry=0", "-k", url]);
        let ran = run(command.env("all_proxy", proxy), b"");
        assert_eq!((ran.status, ran.stdout.as_slice()), (1, &b""[..]));
        let line = ran.stderr.lines().last().unwrap().to_string();
        line.strip_prefix(&format!("fetch: {url}: "))
            .unwrap()
            .to_string()
    };
    for url in [&server.url("/"), "https://127.0.0.1:1/"] {
        for scheme in ["http", "https", "socks5", "socks4a"] {
            let cause = failed(&format!("{scheme}://{dead}"), url);
            assert_eq!(
                cause,
                format!("proxy {dead}: connection refused"),
                "{scheme} {url}"
            );
        }
        let cause = failed("http://none.invalid:1", url);
        assert!(cause.starts_with("proxy none.invalid:1: "), "{cause}");
        let wants = one(status("407 Proxy Authentication Required"));
        let cause = failed(&wants.url(""), url);
        let expected = format!("proxy {}: 407 Proxy Authentication Required", wants.host());
        assert_eq!(cause, expected);
        // Once is enough: it would not answer otherwise the next time.
        assert_eq!(wants.requests().len(), 1);
    }
}

// case fetch-13
#[test]
fn the_second_try_has_a_connection_of_its_own() {
    let server = Server::start(|request: &Request| {
        // Kept open, and closed as soon as something is asked for again.
        match request.path.as_str() {
            "/again" if request.header("x-never").is_none() => {
                vec![Step::send(page(&[], b"again"))]
            }
            _ => vec![
                Step::send(raw(&["HTTP/1.1 200 OK", "Content-Length: 1"], b"x")),
                Step::Pause(Duration::from_millis(20)),
                Step::Keep,
            ],
        }
    });
    let first = [server.url("/1"), server.url("/2"), server.url("/3")];
    let args: Vec<&str> = first.iter().map(String::as_str).collect();
    let again = server.url("/again");
    let args = [&["-j3", "--retry=0"][..], &args, &[&again]].concat();
    assert_eq!(body(&args), b"xxxagain");
}

// case fetch-15
#[test]
fn the_head_of_a_request() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/a?b", listener.local_addr().unwrap());
    let log = Arc::clone(&heads);
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        let n = socket.read(&mut buffer).unwrap();
        log.lock().unwrap().extend_from_slice(&buffer[..n]);
        socket.write_all(&page(&[], b"body")).unwrap();
    });
    assert_eq!(body(&["-H", "x-api-key: k", "-u", "a:b", &url]), b"body");
    server.join().unwrap();
    let head = String::from_utf8(heads.lock().unwrap().clone()).unwrap();
    let host = url.split('/').nth(2).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        head,
        format!(
            "GET /a?b HTTP/1.1\r\nHost: {host}\r\nUser-Agent: textmill/{version}\r\nAccept: */*\r\n\
             Accept-Encoding: gzip, deflate, br, zstd\r\nAuthorization: Basic YTpi\r\nX-Api-Key: k\r\n\r\n"
        )
    );
}

// case fetch-16
#[test]
fn long_urls_and_cookies_are_sent() {
    let server = Server::start(|request: &Request| {
        let lengths = (
            request.path.len(),
            request.header("cookie").unwrap_or_default().len(),
        );
        vec![Step::send(page(&[], format!("{lengths:?}").as_bytes()))]
    });
    let url = server.url(&format!("/{}", "x".repeat(70_000)));
    let cookie = format!("Cookie: {}", "y".repeat(30_000));
    assert_eq!(body(&["-H", &cookie, &url]), b"(70001, 30000)");
}

// case fetch-17
#[test]
fn statuses_that_are_no_success() {
    for (line, word) in [
        ("101 Switching Protocols", "status"),
        ("206 Partial Content", "status"),
        ("300 Multiple Choices", "status"),
        ("304 Not Modified", "status"),
        ("305 Use Proxy", "status"),
    ] {
        let server = one(head(line, &["Content-Length: 0"]));
        let report = tempfile::NamedTempFile::new().unwrap();
        let ran = fetch(&["--report", argument(report.path()), &server.url("/")]);
        assert_eq!((ran.status, ran.stdout.len()), (1, 0));
        let report = std::fs::read_to_string(report.path()).unwrap();
        assert!(
            report.contains(&format!("\"error\":\"{word}\"")),
            "{line} {report}"
        );
    }
    let server = one(head("304 Not Modified", &[]));
    let report = tempfile::NamedTempFile::new().unwrap();
    let args = [
        "-H",
        "If-None-Match: \"a\"",
        "--report",
        argument(report.path()),
    ];
    fails(
        &[&args[..], &[&server.url("/")]].concat(),
        b"",
        "304 Not Modified",
    );
    let report = std::fs::read_to_string(report.path()).unwrap();
    assert!(report.contains("\"error\":\"not-modified\""), "{report}");
}

// case fetch-21
#[test]
fn a_body_behind_the_answer_to_head() {
    for pause in [0, 30] {
        let server = Server::start(move |request: &Request| match request.method.as_str() {
            "HEAD" => vec![
                Step::send(raw(&["HTTP/1.1 200 OK", "Content-Length: 9"], b"")),
                Step::Pause(Duration::from_millis(pause)),
                Step::send(b"not asked".to_vec()),
                Step::Keep,
            ],
            _ => vec![Step::send(page(&[], b"body"))],
        });
        let urls = [server.url("/1"), server.url("/2"), server.url("/3")];
        let run = fetch(&["-I", "-j1", "--retry=0", &urls[0], &urls[1], &urls[2]]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        let heads = "HTTP/1.1 200 OK\ncontent-length: 9\n\n".repeat(3);
        assert_eq!(String::from_utf8(run.stdout).unwrap(), heads);
    }
}

// case fetch-22, case fetch-23
#[test]
fn chunks_that_end_or_begin_oddly() {
    let chunked = |rest: &[u8]| raw(&["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"], rest);
    let kept = |bytes: Vec<u8>| answers(vec![Step::Send(bytes), Step::Keep]);
    let server = kept(chunked(b"3\r\nhi\n\r\n0\r\n\n"));
    assert_eq!(body(&[&server.url("/")]), b"hi\n");
    let server = kept(chunked(b"<p>hi</p>\n"));
    let cause = "body garbled after 0 bytes: invalid chunk size";
    fails(&["--stall-timeout=20s", &server.url("/")], b"", cause);
    assert_eq!(server.requests().len(), 1);
    let both = raw(
        &["HTTP/1.1 200 OK", "Transfer-Encoding: chunked, identity"],
        b"3\r\nhi\n\r\n",
    );
    let cause = "transfer encoding chunked, identity not understood";
    fails(&[&kept(both).url("/")], b"", cause);
}

// case fetch-24
#[test]
fn a_name_below_localhost() {
    let server = one(page(&[], b"here"));
    let url = server.url("/").replace("127.0.0.1", "app.localhost");
    assert_eq!(body(&[&url]), b"here");
    assert!(
        server.requests()[0]
            .header("host")
            .unwrap()
            .starts_with("app.localhost:")
    );
}

// case fetch-25
#[test]
fn netrc_of_the_host_that_a_redirect_leads_to() {
    let other = one(page(&[], b"there"));
    let there = other.url("/").replace("127.0.0.1", "b.localhost");
    let server = Server::start(move |_| vec![Step::send(redirect(&there))]);
    let netrc = tempfile::NamedTempFile::new().unwrap();
    let text = "machine 127.0.0.1 login a\nmachine 127.0.0.1 login a password p # old\n\
                port 80\nmachine b.localhost login b password q\n";
    std::fs::write(netrc.path(), text).unwrap();
    let url = server.url("/");
    let ran = run(program(&["-n", &url]).env("NETRC", netrc.path()), b"");
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let sent = |server: &Server| {
        server.requests()[0]
            .header("authorization")
            .map(str::to_string)
    };
    assert_eq!(sent(&server).as_deref(), Some("Basic YTpw"));
    assert_eq!(sent(&other).as_deref(), Some("Basic Yjpx"));
}

// case fetch-26
#[test]
fn a_request_has_one_host() {
    for (args, cause) in [
        (
            &["-H", "Host: a", "-H", "host: b"][..],
            "more than one Host",
        ),
        (&["-H", "Host:"], "every request has a Host"),
        (&["-H", "Host;"], "every request has a Host"),
    ] {
        let ran = fetch(&[args, &["http://127.0.0.1:1/"]].concat());
        assert_eq!(ran.status, 2);
        assert_eq!(
            ran.stderr,
            format!("fetch: --header: {cause} (see fetch --help)\n")
        );
    }
    let server = one(page(&[], b"x"));
    body(&["-H", "Host: a.example", &server.url("/")]);
    assert_eq!(server.requests()[0].header("host"), Some("a.example"));
}

#[test]
fn what_a_user_may_have_meant() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.invalid"), "").unwrap();
    let mut command = program(&["--retry=0", "page.invalid"]);
    let ran = run(command.current_dir(&folder), b"");
    let file = folder.path().canonicalize().unwrap().join("page.invalid");
    let cause = format!("no such host; the file is file://{}", file.display());
    assert_eq!(
        (ran.status, ran.stderr),
        (1, format!("fetch: http://page.invalid: {cause}\n"))
    );
    let ran = fetch(&["-o", "x", "--report", "x", "http://127.0.0.1:1/"]);
    assert_eq!(ran.status, 2);
    let server = one(page(&[], b"in"));
    assert_eq!(body(&[&format!("me:p@{}/", server.host())]), b"in");
    assert_eq!(
        server.requests()[0].header("authorization"),
        Some("Basic bWU6cA==")
    );
}

// case fetch-27
#[test]
fn a_redirect_that_leads_to_a_failure() {
    let there = "http://127.0.0.1:1/x";
    let server = one(redirect(there));
    let cause = format!("redirected to {there}: connection refused");
    fails(&["--retry=0", &server.url("/")], b"", &cause);
}

// case fetch-28
#[test]
fn lengths_and_locations_that_are_none() {
    for (length, how) in [
        ("99999999999999999999", "is too large"),
        ("5x", "is not a number"),
        ("5, 6", "is ambiguous"),
    ] {
        let server = one(head("200 OK", &[&format!("Content-Length: {length}")]));
        let cause = format!("Content-Length {length} {how}");
        fails(&[&server.url("/")], b"", &cause);
    }
    let same = [
        head("200 OK", &["Content-Length: 4", "Content-Length: 4"]),
        b"body".to_vec(),
    ];
    assert_eq!(body(&[&one(same.concat()).url("/")]), b"body");
    let empty = one(head("302 Found", &["Location: ", "Content-Length: 0"]));
    fails(&[&empty.url("/")], b"", "302 Found with an empty Location");
}

/// Bytes that are moved within the kernel are the body, and it is resumed.
#[test]
fn a_large_body_into_a_pipe() {
    let whole = text(3_000_000);
    for (label, framed) in [
        ("Content-Type: application/octet-stream", true),
        ("Content-Type: text/plain; charset=utf-8", true),
        ("Content-Type: text/plain", true),
        ("Content-Type: application/octet-stream", false),
    ] {
        let sent = whole.clone();
        let server = Server::start(move |request: &Request| {
            let validators = [label, "ETag: \"a\"", "Accept-Ranges: bytes"];
            let Some(range) = request.header("range") else {
                let length = format!("Content-Length: {}", sent.len());
                let head = match framed {
                    true => head("200 OK", &[&validators[..], &[&length]].concat()),
                    false => head("200 OK", &validators),
                };
                let first = [head, sent[..1_000_000].to_vec()].concat();
                return vec![
                    Step::send(first),
                    Step::Pause(Duration::from_millis(30)),
                    Step::send(sent[1_000_000..2_000_000].to_vec()),
                    Step::Reset,
                ];
            };
            let from: usize = range["bytes=".len()..range.len() - 1].parse().unwrap();
            let range = format!("Content-Range: bytes {from}-2999999/3000000");
            let head = head("206 Partial Content", &["ETag: \"a\"", &range]);
            vec![Step::send([head, sent[from..].to_vec()].concat())]
        });
        assert!(body(&[&server.url("/")]) == whole, "{label}");
        assert_eq!(server.requests().len(), 2);
        // Two bodies in flight at once come out one behind the other.
        let two = body(&["-j2", &server.url("/"), &server.url("/")]);
        assert!(two == [&whole[..], &whole].concat(), "{label}");
    }
}

/// The reader of the pipe leaves in the middle.
#[test]
fn a_reader_that_leaves_a_large_body() {
    let server = one(page(
        &["ETag: \"a\"", "Accept-Ranges: bytes"],
        &text(9_000_000),
    ));
    let mut child = program(&[&server.url("/")])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut start = [0; 1000];
    child.stdout.take().unwrap().read_exact(&mut start).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(ended.status.signal(), Some(13));
}

/// Neither a slow server nor a slow reader is taken for the other.
#[test]
fn a_stall_while_bytes_go_within_the_kernel() {
    let whole = text(2_000_000);
    let start = [
        head(
            "200 OK",
            &[
                "ETag: \"a\"",
                "Accept-Ranges: bytes",
                "Content-Length: 2000000",
            ],
        ),
        whole[..1_500_000].to_vec(),
    ];
    let server = answers(vec![
        Step::Send(start.concat()),
        Step::Pause(Duration::from_secs(20)),
    ]);
    let url = server.url("/");
    let cause = "no data for 300ms";
    fails(
        &["--stall-timeout=300ms", "--retry=0", &url],
        &whole[..1_500_000],
        cause,
    );
    let cause = "timed out after 400ms";
    fails(&["-m400ms", "--retry=0", &url], &whole[..1_500_000], cause);
}

/// A server that wants to see a certificate.
#[test]
fn certificates_of_clients() {
    use super::certificate;
    use rustls::pki_types::pem::PemObject;
    let (trusted, _) = certificate("127.0.0.1", 2020);
    let client = rcgen::generate_simple_self_signed(vec!["me".to_string()]).unwrap();
    let key = client.signing_key.serialize_pem();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_string()
    };
    let (cert, both) = (client.cert.pem(), client.cert.pem() + &key);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(client.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
        Arc::new(roots),
        Arc::clone(&provider),
    );
    let server = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_string()]).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![server.cert.der().clone()],
            rustls::pki_types::PrivateKeyDer::from_pem_slice(
                server.signing_key.serialize_pem().as_bytes(),
            )
            .unwrap(),
        )
        .unwrap();
    let secure = Server::tls(Arc::new(config), |_| {
        vec![Step::send(page(&[], b"for you"))]
    });
    let url = secure.url("/");
    let root = file("root", &server.cert.pem());
    let (cert_file, key_file) = (file("cert", &cert), file("key", &key));
    let both_file = file("both", &both);
    for args in [
        &["--cert", &cert_file, "--key", &key_file][..],
        &["-E", &both_file],
    ] {
        let args = [args, &["--cacert", &root, &url]].concat();
        assert_eq!(body(&args), b"for you");
    }
    let ran = fetch(&["--retry=0", "--cacert", &root, &url]);
    assert_eq!(ran.status, 1);
    let cause = "the server requires a client certificate (see --cert)\n";
    assert!(ran.stderr.ends_with(cause), "{}", ran.stderr);
    // Files that are wrong: one line each, and nothing is asked for.
    let asked = secure.requests().len();
    let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let (other, none) = (file("other", &other), file("none", "nothing"));
    let torn = file("torn", "-----BEGIN CERTIFICATE-----\nx");
    let missing = folder.path().join("missing").to_str().unwrap().to_string();
    let locked =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let locked = file("locked", locked);
    for (cert, key, name, cause) in [
        (
            &cert_file,
            &other,
            &other,
            "the key does not match the certificate",
        ),
        (&cert_file, &none, &none, "no private key in the file"),
        (
            &cert_file,
            &locked,
            &locked,
            "the key is encrypted: decrypt it by `openssl pkey`",
        ),
        (&cert_file, &missing, &missing, "No such file or directory"),
        (&none, &key_file, &none, "no certificate in the file"),
        (&torn, &key_file, &torn, "malformed PEM"),
    ] {
        let ran = fetch(&["--cert", cert, "--key", key, "--cacert", &root, &url]);
        assert_eq!(
            (ran.status, ran.stderr),
            (1, format!("fetch: {name}: {cause}\n"))
        );
    }
    assert_eq!(fetch(&["--key", &key_file, &url]).status, 2);
    assert_eq!(secure.requests().len(), asked);
    drop(trusted);
}

// case fetch-4
#[test]
fn a_host_whose_first_address_does_not_answer() {
    // Where this machine has no IPv6, there is one address only.
    let Ok(six) = TcpListener::bind("[::1]:0") else {
        return;
    };
    let port = six.local_addr().unwrap().port();
    drop(six);
    let Ok(four) = TcpListener::bind(("127.0.0.1", port)) else {
        return;
    };
    std::thread::spawn(move || {
        for socket in four.incoming() {
            let mut socket: TcpStream = socket.unwrap();
            let mut buffer = [0; 4096];
            let _ = socket.read(&mut buffer);
            let _ = socket.write_all(&page(&[], b"four"));
        }
    });
    let url = format!("http://x.localhost:{port}/");
    assert_eq!(body(&[&url]), b"four");
}
