//! Archives that the tests write: whole, cut, invalid, in pieces.

use super::record::Archive;
use super::*;
use crate::common::arbitrary;
use crate::common::error::Error;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::Write;

/// A record with these fields, each with its line end.
fn record(fields: &str, block: &[u8]) -> Vec<u8> {
    let length = block.len();
    let head = format!("WARC/1.1\r\n{fields}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

/// A response from this URL. `head` has no empty line at its end.
fn response(url: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let fields = format!(
        "WARC-Type: response\r\nWARC-Target-URI: {url}\r\n\
         Content-Type: application/http; msgtype=response\r\n"
    );
    let message = [head.as_bytes(), b"\r\n\r\n", body].concat();
    record(&fields, &message)
}

const HTML: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8";

fn page(url: &str, body: &str) -> Vec<u8> {
    response(url, HTML, body.as_bytes())
}

/// The text of a page between its marks.
fn marked(url: &str, text: &str) -> String {
    format!("<base data-page=\"{url}\" href=\"{url}\">\n{text}\n<base data-page=\"\">\n")
}

/// The output, the reported pages, and the error of the archive.
fn ran(options: &Options, archive: &[u8], cuts: &[usize]) -> (Vec<u8>, Vec<String>, String) {
    let (mut output, mut failures) = (Vec::new(), Vec::new());
    let result = warc(
        &mut arbitrary::pieces(archive, cuts.to_vec()),
        options,
        &mut output,
        &mut |url, failure| failures.push(format!("{url}: {failure}")),
    );
    let error = result.map_or_else(|error| error.to_string(), |()| String::new());
    (output, failures, error)
}

/// The text that an archive gives, without any failure.
#[track_caller]
fn text(options: &Options, archive: &[u8]) -> String {
    let (output, failures, error) = ran(options, archive, &[usize::MAX]);
    assert_eq!((failures, &error[..]), (Vec::new(), ""));
    String::from_utf8(output).unwrap()
}

/// The body of a response with this head.
#[track_caller]
fn body(head: &str, body: &[u8]) -> String {
    let output = text(&Options::default(), &response("http://h/", head, body));
    let (start, end) = ("<base data-page=\"http://h/\"", "\n<base data-page=\"\">\n");
    match output.strip_prefix(start) {
        Some(rest) => {
            let (_, rest) = rest.split_once(">\n").unwrap();
            rest.strip_suffix(end).unwrap().to_string()
        }
        None => output,
    }
}

/// The failure of the only page, and what is written of it.
#[track_caller]
fn failure(archive: &[u8]) -> (String, String) {
    let after = page("http://after/", "text");
    let archive = [archive, &after].concat();
    let (output, failures, error) = ran(&Options::default(), &archive, &[usize::MAX]);
    assert_eq!((failures.len(), &error[..]), (1, ""));
    let output = String::from_utf8(output).unwrap();
    let before = output.strip_suffix(&marked("http://after/", "text"));
    (failures[0].clone(), before.unwrap().to_string())
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let mut chunks = Vec::new();
    for chunk in body.chunks(size) {
        chunks.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunks.extend_from_slice(chunk);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    chunks
}

/// An archive with a record of each kind, and its text.
fn sample() -> (Vec<u8>, String) {
    let html = format!("{HTML}\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip");
    let long = "<p>some text ".repeat(30_000);
    let archive = [
        record("WARC-Type: warcinfo\r\n", b"software: x\r\n"),
        record(
            "WARC-Type: request\r\nWARC-Target-URI: http://h/\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
        ),
        response("http://h/", &html, &chunked(&gzip(b"<p>one"), 5)),
        record("WARC-Type: metadata\r\nWARC-Target-URI: http://h/\r\n", b""),
        record(
            "WARC-Type: revisit\r\nWARC-Target-URI: http://h/\r\nContent-Type: application/http\r\n",
            format!("{HTML}\r\n\r\n").as_bytes(),
        ),
        page("http://h/a?b&c", &long),
        response(
            "http://h/x.css",
            "HTTP/1.1 200 OK\r\nContent-Type: text/css",
            b"a{}",
        ),
        response(
            "http://h/no",
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/html",
            b"no",
        ),
        record(
            "WARC-Type: conversion\r\nWARC-Target-URI: http://h/c\r\nContent-Type: text/plain\r\n",
            "\u{e9}t\u{e9}".as_bytes(),
        ),
        record(
            "WARC-Type: resource\r\nWARC-Target-URI: file:///r\r\nContent-Type: text/html\r\n",
            b"<p>r",
        ),
        record(
            "WARC-Type: resource\r\nWARC-Target-URI: <metadata://gnu.org/x>\r\n\
             Content-Type: text/plain\r\n",
            b"settings",
        ),
    ];
    let text = [
        marked("http://h/", "<p>one"),
        marked("http://h/a?b&amp;c", &long),
        marked("http://h/c", "\u{e9}t\u{e9}"),
        marked("file:///r", "<p>r"),
    ];
    (archive.concat(), text.concat())
}

#[test]
fn pages_are_written_and_other_records_are_not() {
    let (archive, expected) = sample();
    assert_eq!(text(&Options::default(), &archive), expected);
    assert_eq!(text(&Options::default(), b""), "");
}

#[test]
fn a_cut_is_an_error_unless_it_is_between_records() {
    let archive = [
        record("WARC-Type: warcinfo\r\n", b"x: y\r\n"),
        response(
            "http://h/",
            &format!("{HTML}\r\nTransfer-Encoding: chunked"),
            &chunked(b"<p>one", 4),
        ),
        page("http://h/", "two"),
    ];
    let whole = archive.concat();
    let mut ends = vec![0];
    for record in &archive {
        ends.push(ends.last().unwrap() + record.len());
    }
    for options in [
        Options::default(),
        Options {
            list: true,
            ..Options::default()
        },
    ] {
        let expected = text(&options, &whole);
        for cut in 0..=whole.len() {
            for size in [1, usize::MAX] {
                let (output, failures, error) = ran(&options, &whole[..cut], &[size]);
                assert!(failures.is_empty(), "{cut}: {failures:?}");
                match ends.iter().position(|end| *end == cut) {
                    Some(_) => assert_eq!(error, "", "{cut}"),
                    None => {
                        let number = ends.iter().filter(|end| **end < cut).count();
                        assert_eq!(error, format!("record {number}: truncated"), "{cut}");
                    }
                }
                if cut == whole.len() {
                    assert_eq!(output, expected.as_bytes());
                }
            }
        }
    }
}

#[test]
fn other_files_are_named() {
    for (input, expected) in [
        (
            "<html>",
            "not a web archive (it does not begin with WARC/1.0)",
        ),
        (
            "WARD",
            "not a web archive (it does not begin with WARC/1.0)",
        ),
        ("\0", "not a web archive (it does not begin with WARC/1.0)"),
        (
            "filedesc://x.arc 0.0.0.0",
            "is an ARC archive (convert it by warcio recompress)",
        ),
        ("WA", "record 1: truncated"),
        ("filedesc", "record 1: truncated"),
        (
            "WARC/2.0\r\nContent-Length: 0\r\n\r\n\r\n\r\n",
            "record 1: unknown version of WARC",
        ),
        ("WARC/1.0\r\n\r\n", "record 1: no valid Content-Length"),
        (
            "WARC/1.0\r\nContent-Length: +1\r\n\r\na\r\n\r\n",
            "record 1: no valid Content-Length",
        ),
        (
            "WARC/1.0\r\nContent-Length: 18446744073709551616\r\n\r\n",
            "record 1: no valid Content-Length",
        ),
        (
            "WARC/1.0\r\nContent-Length: 1\r\n\r\nab\r\n\r\n",
            "record 1: no empty lines where its Content-Length ends",
        ),
        (
            "WARC/1.0\r\nContent-Length: 2\r\n\r\nab\r\n\r\nGET",
            "record 2: it does not begin with WARC/1.0",
        ),
        (
            "WARC/1.0\nContent-Length: 18446744073709551615\n\n",
            "record 1: truncated",
        ),
    ] {
        for cuts in [[1], [usize::MAX]] {
            let (output, failures, error) = ran(&Options::default(), input.as_bytes(), &cuts);
            assert_eq!(
                (output.len(), failures.len(), &error[..]),
                (0, 0, expected),
                "{input}"
            );
        }
    }
    let endless = [b"WARC/1.0\r\nA: ", &[b'x'; MAX_HEAD][..]].concat();
    let (_, _, error) = ran(&Options::default(), &endless, &[usize::MAX]);
    assert_eq!(error, "record 1: the header is larger than 1 MiB");
}

#[test]
fn lenient_headers() {
    let archive = b"\r\nWARC/1.0\nwarc-type: RESPONSE\nWarc-Target-Uri : <http://h/>\n\
        content-type: application/\n\t http\nno colon\nCONTENT-LENGTH:  41\n\n\
        HTTP/1.1 200 OK\nContent-Type: text/html\n\n\n\n\r\n\n\n";
    let (output, failures, error) = ran(&Options::default(), archive, &[usize::MAX]);
    // A folded content type has a blank in it: the block is no message of HTTP.
    assert_eq!((output.len(), failures.len(), &error[..]), (0, 0, ""));
    let archive = b"\r\nWARC/0.18\nwarc-type: RESPONSE\nWarc-Target-Uri\t: <http://h/>\n\
        content-type: application/http;\n\t msgtype=response\nCONTENT-LENGTH:  42\n\n\
        HTTP/1.1 200 OK\nContent-Type: text/html\n\nx\n\r\n\n\n";
    assert_eq!(text(&Options::default(), archive), marked("http://h/", "x"));
}

#[test]
fn framing_and_content_encodings() {
    let head = |fields: &str| format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n{fields}");
    let plain = b"<p>some text, and more of it";
    let expected = std::str::from_utf8(plain).unwrap();
    let mut br = Vec::new();
    brotli::CompressorWriter::new(&mut br, 4096, 5, 22)
        .write_all(plain)
        .unwrap();
    let zstd = zstd::encode_all(&plain[..], 3).unwrap();
    let twice = gzip(&gzip(plain));
    for (fields, coded) in [
        ("Content-Length: 28", &plain[..]),
        ("Transfer-Encoding: chunked", &chunked(plain, 7)),
        ("Transfer-Encoding: Chunked, chunked", &chunked(plain, 28)),
        (
            "Transfer-Encoding: gzip, chunked",
            &chunked(&gzip(plain), 3),
        ),
        ("Content-Encoding: gzip", &gzip(plain)),
        ("Content-Encoding: gzip, gzip", &twice),
        ("Content-Encoding: br", &br),
        (
            "Content-Encoding: zstd\r\nTransfer-Encoding: chunked",
            &chunked(&zstd, 2),
        ),
        ("Content-Encoding: utf-8", plain),
        // Headers of bodies that the crawler has decoded.
        ("Transfer-Encoding: chunked", plain),
        ("Content-Encoding: gzip", plain),
        ("Content-Encoding: gzip\r\nContent-Length: 5", plain),
        ("Content-Encoding: gzip, gzip", plain),
        (
            "Content-Encoding: zstd\r\nTransfer-Encoding: chunked",
            plain,
        ),
    ] {
        assert_eq!(body(&head(fields), coded), expected, "{fields}");
    }
    for fields in [
        "Server: x",
        "Content-Encoding: gzip",
        "Transfer-Encoding: chunked",
        "Content-Length: 7",
    ] {
        assert_eq!(body(&head(fields), b""), "", "{fields}");
    }
    // The versions that browsers write.
    for version in ["HTTP/2", "HTTP/2.0", "HTTP/3", "HTTP/1.0"] {
        let head = format!("{version} 200\r\nContent-Type: text/html");
        assert_eq!(body(&head, plain), expected);
    }
}

#[test]
fn charsets() {
    let html = "HTTP/1.1 200 OK\r\nContent-Type: text/html";
    let text = "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}";
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(text);
    assert_eq!(body(&format!("{html}; charset=windows-1251"), &bytes), text);
    let declared = [b"<meta charset=windows-1251>", &bytes[..]].concat();
    let archive = response("http://h/", html, &declared);
    let expected = format!(
        "<base data-page=\"http://h/\" data-charset=\"windows-1251\" href=\"http://h/\">\n\
         <meta charset=windows-1251>{text}\n<base data-page=\"\">\n"
    );
    assert_eq!(self::text(&Options::default(), &archive), expected);
}

#[test]
fn types_and_urls() {
    let png = "HTTP/1.1 200 OK\r\nContent-Type: image/png";
    let bare = "HTTP/1.1 200 OK\r\nServer: x";
    let identified = record(
        "WARC-Type: response\r\nWARC-Target-URI: http://h/i\r\n\
         WARC-Identified-Payload-Type: text/html\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n<p>i",
    );
    let archive = [
        page("http://h/1", "one"),
        response("http://h/2", png, b"\x89PNG\xFF"),
        response("http://u:p@h/3", bare, b"<p>bare"),
        identified,
        response(
            "http://h/4",
            "HTTP/1.1 301 Moved\r\nContent-Type: text/html",
            b"moved",
        ),
        record(
            "WARC-Type: resource\r\nWARC-Target-URI: urn:text:x\r\nContent-Type: text/plain\r\n",
            b"urn",
        ),
        record(
            "WARC-Type: response\r\nWARC-Target-URI: dns:h\r\nContent-Type: text/dns\r\n",
            b"h. 1 IN A 127.0.0.1",
        ),
    ]
    .concat();
    let types = |types: &[&str]| Options {
        types: types.iter().map(|own| own.parse().unwrap()).collect(),
        ..Options::default()
    };
    let url = |pattern| Options {
        url: Some(regex::bytes::Regex::new(pattern).unwrap()),
        ..Options::default()
    };
    let (one, i) = (marked("http://h/1", "one"), marked("http://h/i", "<p>i"));
    assert_eq!(text(&Options::default(), &archive), one.clone() + &i);
    assert_eq!(text(&types(&["text/html"]), &archive), one.clone() + &i);
    let (output, ..) = ran(&types(&["image/*"]), &archive, &[3]);
    assert_eq!(output, b"\x89PNG\xFF");
    let (output, ..) = ran(&types(&["*/*"]), &archive, &[3]);
    let expected = [one.as_bytes(), b"\x89PNG\xFF", b"<p>bare", i.as_bytes()].concat();
    assert_eq!(output, expected);
    assert_eq!(text(&url("/1$"), &archive), one);
    assert_eq!(text(&url("^urn:"), &archive), marked("urn:text:x", "urn"));
    let list = |options| {
        text(
            &Options {
                list: true,
                ..options
            },
            &archive,
        )
    };
    let all = "200 text/html http://h/1\n200 image/png http://h/2\n200 - http://u:p@h/3\n\
        200 text/html http://h/i\n301 text/html http://h/4\n- text/plain urn:text:x\n\
        - text/dns dns:h\n";
    assert_eq!(list(Options::default()), all);
    assert_eq!(list(types(&["image/png"])), "200 image/png http://h/2\n");
    assert_eq!(list(url("^dns:")), "- text/dns dns:h\n");
}

#[test]
fn pages_that_cannot_be_decoded() {
    let head = |fields: &str| format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{fields}");
    let at = |fields: &str, body: &[u8]| response("http://h/", &head(fields), body);
    let gzipped = gzip(b"<p>text");
    let mut damaged = gzipped.clone();
    damaged[gzipped.len() - 6] ^= 1;
    let chunks = chunked(b"<p>text", 7);
    for (archive, expected) in [
        (
            at("Content-Encoding: gzip", &damaged),
            "gzip data is corrupt",
        ),
        (
            at("Content-Encoding: gzip", &gzipped[..gzipped.len() - 5]),
            "body truncated: gzip breaks off",
        ),
        (
            at("Content-Encoding: pack", b"x"),
            "content encoding pack not understood",
        ),
        (
            at("Transfer-Encoding: chunked", &chunks[..chunks.len() - 6]),
            "body truncated: its last chunk is missing",
        ),
        (
            at("Content-Length: 8", b"<p>text"),
            "body truncated: 7 of 8 bytes",
        ),
        (
            response("http://h/", "HTTP/1.1 no", b""),
            "invalid status line of HTTP",
        ),
        (
            record(
                "WARC-Type: response\r\nWARC-Target-URI: http://h/\r\n",
                HTML.as_bytes(),
            ),
            "the header of HTTP has no end",
        ),
        (
            record(
                "WARC-Type: response\r\nWARC-Target-URI: http://h/\r\nWARC-Segment-Number: 1\r\n",
                format!("{HTML}\r\n\r\n").as_bytes(),
            ),
            "segmented records are not supported",
        ),
    ] {
        let (failure, written) = failure(&archive);
        assert_eq!(failure, format!("http://h/: {expected}"));
        // What there is of it is a page of its own.
        if !written.is_empty() {
            assert_eq!(written, marked("http://h/", "<p>text"), "{expected}");
        }
    }
    let (failure, _) = failure(&page("http://[", "text"));
    assert_eq!(failure, "http://[: invalid IPv6 address");
}

#[test]
fn garbled_chunks() {
    let head = format!("{HTML}\r\nTransfer-Encoding: chunked");
    let (failure, written) = failure(&response("http://h/", &head, b"3\r\n<p>\r\nx\r\n"));
    assert_eq!(failure, "http://h/: body garbled (invalid chunk size)");
    assert_eq!(written, marked("http://h/", "<p>"));
}

#[test]
fn a_body_that_the_crawler_truncated_ends_there() {
    let body = gzip("<p>some text ".repeat(1000).as_bytes());
    let mut fields = "WARC-Type: response\r\nWARC-Target-URI: http://h/\r\n".to_string();
    let message = [
        format!("{HTML}\r\nContent-Encoding: gzip\r\nContent-Length: 9999\r\n\r\n").as_bytes(),
        &body[..body.len() - 20],
    ]
    .concat();
    let (failure, _) = failure(&record(&fields, &message));
    assert_eq!(failure, "http://h/: body truncated: gzip breaks off");
    fields += "WARC-Truncated: length\r\n";
    let output = text(&Options::default(), &record(&fields, &message));
    assert!(
        output.contains("\n<p>some text <p>some") && output.ends_with("\n<base data-page=\"\">\n")
    );
}

/// Records begin anywhere in the buffer.
#[test]
fn many_small_records() {
    let archive = record("WARC-Type: x\r\n", &[b'a'; 1000]).repeat(1000);
    for size in [1000, 4096, usize::MAX] {
        let mut input = arbitrary::pieces(&archive, vec![size]);
        let mut records = Archive::new(&mut input);
        let mut number = 0;
        while records.next().unwrap().is_some() {
            number += 1;
        }
        assert_eq!(number, 1000);
    }
}

/// The error of the input ends it, and is not one of a page.
#[test]
fn an_input_that_cannot_be_read() {
    struct Broken<'a>(&'a [u8]);
    impl std::io::Read for Broken<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(out)? {
                0 => Err(std::io::Error::other("disk on fire")),
                n => Ok(n),
            }
        }
    }
    let (archive, _) = sample();
    for cut in (0..archive.len()).step_by(1999).chain([archive.len()]) {
        let mut failures = 0;
        let result = warc(
            &mut Broken(&archive[..cut]),
            &Options::default(),
            &mut Vec::new(),
            &mut |_, _| failures += 1,
        );
        match result {
            Err(Error::Read(error)) => assert_eq!(error.to_string(), "disk on fire"),
            other => panic!("{cut}: {other:?}"),
        }
        assert_eq!(failures, 0, "{cut}");
    }
}

proptest! {
    #[test]
    fn any_cuts_give_the_same(cuts in arbitrary::cuts()) {
        let (archive, expected) = sample();
        let (output, failures, error) = ran(&Options::default(), &archive, &cuts);
        prop_assert_eq!((failures, &error[..]), (Vec::new(), ""));
        prop_assert!(output == expected.as_bytes());
    }

    #[test]
    fn any_bytes_in_a_record(
        fields in "((Content-Type|WARC-Type|Content-Length|WARC-Target-URI|[a-z]{0,3}):? ?[ -~]{0,9}\r?\n){0,5}",
        block: Vec<u8>,
        cuts in arbitrary::cuts(),
    ) {
        let (mut archive, _) = sample();
        archive.extend(record(&fields, &block));
        archive.extend(response("http://h/", &fields, &block));
        let all = Options { types: vec!["*/*".parse().unwrap()], ..Options::default() };
        let whole = ran(&all, &archive, &[usize::MAX]);
        prop_assert!(ran(&all, &archive, &cuts) == whole);
    }
}
