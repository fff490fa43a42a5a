//! Proxies: of HTTP, with a tunnel and without, over TLS, and of SOCKS.

use super::options::fetch_with;
use super::{certificate, one};
use crate::process::argument;
use crate::server::{Server, Step, page};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A proxy that notes the first line and the header of each connection, and
/// answers plain requests itself; tunnels lead to where they should.
fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let log = Arc::new(Mutex::new(Vec::new()));
    let heads = Arc::clone(&log);
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, heads) = (client.unwrap(), Arc::clone(&heads));
            thread::spawn(move || -> std::io::Result<()> {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    client.read_exact(&mut byte)?;
                    head.extend(byte);
                }
                let head = String::from_utf8(head).unwrap();
                heads.lock().unwrap().push(head.clone());
                let mut words = head.split(' ');
                if words.next() != Some("CONNECT") {
                    return client.write_all(&page(&[], b"by proxy"));
                }
                let mut server = TcpStream::connect(words.next().unwrap())?;
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
                let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
                thread::spawn(move || std::io::copy(&mut from, &mut to));
                std::io::copy(&mut server, &mut client)?;
                client.shutdown(std::net::Shutdown::Both)
            });
        }
    });
    (address, log)
}

#[test]
fn proxies_as_curl_has_them() {
    let (proxy, log) = proxy();
    let server = one(page(&[], b"direct"));
    let url = server.url("/x");
    let with_user = format!("http://me:secret@{proxy}");
    let get = |env: &[(&str, &str)]| {
        let ran = fetch_with(env, &[&url]);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
        String::from_utf8(ran.stdout).unwrap()
    };
    for (env, from) in [
        (&[("http_proxy", with_user.as_str())][..], "by proxy"),
        (&[("ALL_PROXY", &proxy)], "by proxy"),
        (
            &[("http_proxy", &proxy), ("NO_PROXY", "example.org")],
            "by proxy",
        ),
        (&[("HTTP_PROXY", &proxy)], "direct"),
        (&[("https_proxy", &proxy)], "direct"),
        (
            &[("http_proxy", &proxy), ("NO_PROXY", "x.example, 127.0.0.1")],
            "direct",
        ),
        (
            &[("http_proxy", &proxy), ("no_proxy", "127.0.0.0/8")],
            "direct",
        ),
        (&[("all_proxy", &proxy), ("NO_PROXY", "*")], "direct"),
    ] {
        assert_eq!(get(env), from, "{env:?}");
    }
    let heads = std::mem::take(&mut *log.lock().unwrap());
    assert_eq!(heads.len(), 3);
    assert!(heads[0].starts_with(&format!("GET {url} HTTP/1.1\r\n")));
    assert!(
        heads[0]
            .to_lowercase()
            .contains("proxy-authorization: basic bwu6c2vjcmv0\r\n")
    );
    let ran = fetch_with(&[("http_proxy", "gopher://a")], &[&url]);
    assert_eq!(
        ran.stderr,
        format!(
            "fetch: {url}: $http_proxy: unknown kind of proxy 'gopher' (use http, https, socks4, socks4a, socks5 or socks5h)\n"
        )
    );

    // https is tunnelled, and the proxy sees nothing of it.
    let (trusted, config) = certificate("127.0.0.1", 2020);
    let secure = Server::tls(config, |_| vec![Step::send(page(&[], b"tunnelled"))]);
    let url = secure.url("/");
    let args = ["--cacert", argument(trusted.path()), &url];
    let ran = fetch_with(&[("HTTPS_PROXY", &proxy)], &args);
    assert_eq!(
        (ran.stderr.as_str(), ran.stdout.as_slice()),
        ("", &b"tunnelled"[..])
    );
    let heads = log.lock().unwrap();
    assert_eq!(heads.len(), 1);
    assert!(heads[0].starts_with("CONNECT 127.0.0.1:"));
}

/// Copies bytes in both directions until the server closes its connection.
fn join(mut client: TcpStream, mut server: TcpStream) -> std::io::Result<()> {
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut server, &mut client)?;
    client.shutdown(std::net::Shutdown::Both)
}

/// A proxy that speaks SOCKS 4, 4a (its specification by Ying-Da Lee) and 5
/// (RFC 1928, RFC 1929). It records the requested hosts, and connects to `target` for all.
fn socks(target: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let log = Arc::new(Mutex::new(Vec::new()));
    let asked = Arc::clone(&log);
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, asked, target) = (client.unwrap(), Arc::clone(&asked), target.clone());
            thread::spawn(move || -> std::io::Result<()> {
                let what = match bytes(&mut client, 1)?[0] {
                    4 => socks4(&mut client)?,
                    _ => socks5(&mut client)?,
                };
                asked.lock().unwrap().push(what);
                join(client, TcpStream::connect(target)?)
            });
        }
    });
    (address, log)
}

fn bytes(client: &mut TcpStream, n: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; n];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn socks4(client: &mut TcpStream) -> std::io::Result<String> {
    let line = |client: &mut TcpStream| -> std::io::Result<String> {
        let mut text = Vec::new();
        loop {
            match bytes(client, 1)?[0] {
                0 => return Ok(String::from_utf8(text).unwrap()),
                byte => text.push(byte),
            }
        }
    };
    let head = bytes(client, 7)?;
    let user = line(client)?;
    let host = match &head[3..] {
        [0, 0, 0, 1..=255] => line(client)?,
        [a, b, c, d] => format!("{a}.{b}.{c}.{d}"),
        _ => unreachable!(),
    };
    client.write_all(&[0, 90, 0, 0, 0, 0, 0, 0])?;
    Ok(format!("4 {user} {host}"))
}

fn socks5(client: &mut TcpStream) -> std::io::Result<String> {
    let ways = bytes(client, 1)?[0];
    let ways = bytes(client, ways.into())?;
    let mut user = String::new();
    if ways.contains(&2) {
        client.write_all(&[5, 2])?;
        bytes(client, 1)?;
        for _ in 0..2 {
            let n = bytes(client, 1)?[0];
            user += &String::from_utf8(bytes(client, n.into())?).unwrap();
        }
        client.write_all(&[1, 0])?;
    } else {
        client.write_all(&[5, 0])?;
    }
    let host = match bytes(client, 4)?[3] {
        1 => {
            let address = bytes(client, 4)?;
            format!(
                "{}.{}.{}.{}",
                address[0], address[1], address[2], address[3]
            )
        }
        3 => {
            let n = bytes(client, 1)?[0];
            String::from_utf8(bytes(client, n.into())?).unwrap()
        }
        _ => "six".into(),
    };
    bytes(client, 2)?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    Ok(format!("5 {user} {host}"))
}

#[test]
fn a_socks_proxy_that_refuses_is_named_with_its_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = listener.local_addr().unwrap().to_string();
    thread::spawn(move || -> std::io::Result<()> {
        for client in listener.incoming() {
            let mut client = client?;
            bytes(&mut client, 3)?;
            client.write_all(&[5, 0])?;
            bytes(&mut client, 10)?;
            client.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0])?;
        }
        Ok(())
    });
    let url = "http://127.0.0.1:9/";
    let set = format!("socks5://{proxy}");
    let ran = fetch_with(&[("http_proxy", &set)], &["--retry=0", url]);
    assert_eq!(ran.status, 1);
    let expected = format!("fetch: {url}: proxy {proxy}: SOCKS: connection refused\n");
    assert_eq!(ran.stderr, expected);
}

/// Those with a name of their own at the end (4a, 5h) look hosts up
/// themselves: a name that does not exist here is no matter.
#[test]
fn proxies_of_socks() {
    let server = one(page(&[], b"there"));
    let (proxy, log) = socks(server.host());
    for (scheme, url, asked) in [
        ("socks4", "http://127.0.0.1:9/", "4  127.0.0.1"),
        ("socks4a", "http://nowhere.invalid:9/", "4  nowhere.invalid"),
        ("socks5", "http://127.0.0.1:9/", "5  127.0.0.1"),
        ("socks5h", "http://nowhere.invalid:9/", "5  nowhere.invalid"),
        (
            "socks5h://me:secret",
            "http://nowhere.invalid:9/",
            "5 mesecret nowhere.invalid",
        ),
    ] {
        let proxy = match scheme.contains("://") {
            true => format!("{scheme}@{proxy}"),
            false => format!("{scheme}://{proxy}"),
        };
        let ran = fetch_with(&[("all_proxy", &proxy)], &["--retry=0", url]);
        assert_eq!(
            (ran.stderr.as_str(), ran.stdout.as_slice()),
            ("", &b"there"[..]),
            "{proxy}"
        );
        assert_eq!(log.lock().unwrap().pop().as_deref(), Some(asked));
    }
}

/// A connection to the proxy may itself be over TLS.
#[test]
fn proxies_over_tls() {
    let (trusted, config) = certificate("127.0.0.1", 2020);
    let proxy = Server::tls(config, |request| {
        vec![
            match request.path.starts_with("http://nowhere.invalid/") {
                true => Step::send(page(&[], b"by proxy")),
                // A tunnel, in which what comes next is read as if it were a request.
                false => Step::send("HTTP/1.1 200 OK\r\n\r\n"),
            },
            Step::Keep,
        ]
    });
    let address = proxy.url("");
    let trust = ["--retry=0", "--cacert", argument(trusted.path())];
    let args = [&trust[..], &["http://nowhere.invalid/x"]].concat();
    let ran = fetch_with(&[("http_proxy", &address)], &args);
    assert_eq!(
        (ran.stderr.as_str(), ran.stdout.as_slice()),
        ("", &b"by proxy"[..])
    );
    assert_eq!(proxy.requests()[0].path, "http://nowhere.invalid/x");
    // What is for the server is not told to the proxy.
    let args = [&trust[..], &["-H", "X-Key: secret", "https://127.0.0.1:9/"]].concat();
    let ran = fetch_with(&[("https_proxy", &address)], &args);
    assert_eq!((ran.status, ran.stdout.len()), (1, 0), "{}", ran.stderr);
    let told = proxy
        .requests()
        .iter()
        .any(|request| request.header("x-key").is_some());
    assert!(!told, "{}", ran.stderr);
}
