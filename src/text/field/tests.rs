//! All formats against naive ones, however the input is cut.

use super::*;
use crate::common::arbitrary::{cuts, pieces};
use proptest::prelude::*;

const PLAIN: Style = Style {
    separator: None,
    nul: false,
    skip: false,
};

/// The output for a text that is read in pieces of these sizes, and the error.
fn read(fields: &mut Fields, text: &[u8], cuts: Vec<usize>) -> (Vec<u8>, Option<String>) {
    let mut output = Vec::new();
    let result = fields.read(&mut pieces(text, cuts), &mut output);
    (output, result.err().map(|error| error.to_string()))
}

/// The same for a text without errors.
fn output(list: &str, layout: Layout, style: Style, text: &[u8], cuts: Vec<usize>) -> Vec<u8> {
    let mut fields = Fields::new(list.as_bytes(), layout, style).unwrap();
    let first = read(&mut fields, text, cuts);
    assert_eq!(first.1, None);
    // A second file is not changed by the first.
    assert_eq!(read(&mut fields, text, vec![usize::MAX]), first);
    first.0
}

/// An item of a list as it is written, and the columns from and to which it goes.
fn item() -> impl Strategy<Value = (String, i64, i64)> {
    let n = || prop_oneof![1..9i64, 1..100i64];
    prop_oneof![
        n().prop_map(|n| (format!("{n}"), n, n)),
        n().prop_map(|n| (format!("-{n}"), -n, -n)),
        n().prop_map(|n| (format!("{n}-"), n, -1)),
        n().prop_map(|n| (format!("-{n}-"), -n, -1)),
        (n(), n()).prop_map(|(a, b)| (format!("{a}-{}", a + b), a, a + b)),
        (n(), n()).prop_map(|(a, b)| (format!("{a}--{b}"), a, -b)),
        (n(), n()).prop_map(|(a, b)| (format!("-{a}--{b}"), -a, -b)),
    ]
}

/// A list, and what it selects, written with TABs between and without a line end.
#[derive(Debug, Clone)]
struct List(Vec<(String, i64, i64)>);

fn list() -> impl Strategy<Value = List> {
    prop::collection::vec(item(), 1..4).prop_map(List)
}

impl List {
    fn written(&self) -> String {
        let items: Vec<_> = self.0.iter().map(|(item, _, _)| item.clone()).collect();
        items.join(",")
    }

    /// The values of a record with these fields, and whether it lacks some.
    fn of(&self, fields: &[&[u8]]) -> (Vec<Vec<u8>>, bool) {
        let count = fields.len() as i64;
        let from_start = |n: i64| if n < 0 { count + 1 + n } else { n };
        let (mut values, mut lacks) = (Vec::new(), false);
        for (_, first, last) in &self.0 {
            let range = from_start(*first)..=from_start(*last);
            let selected = (1..).zip(fields).filter(|(n, _)| range.contains(n));
            let selected: Vec<_> = selected.map(|(_, field)| field.to_vec()).collect();
            if selected.is_empty() {
                lacks = true;
                values.push(Vec::new());
            }
            values.extend(selected);
        }
        (values, lacks)
    }

    /// All records of a text, line by line.
    fn records<'a>(
        &self,
        text: &'a [u8],
        skip: bool,
        split: impl Fn(&'a [u8]) -> Vec<&'a [u8]>,
    ) -> Vec<u8> {
        let mut output = Vec::new();
        let is_several = self.0.len() > 1 || self.0[0].1 != self.0[0].2;
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let (mut values, lacks) = self.of(&split(line));
            if skip && lacks {
                continue;
            }
            if is_several {
                let tabs = values.iter_mut().flatten();
                tabs.filter(|byte| **byte == b'\t')
                    .for_each(|byte| *byte = b' ');
            }
            output.extend(values.join(&b'\t'));
            output.push(b'\n');
        }
        output
    }
}

/// Lines of short fields, and now and then of long ones.
fn text(bytes: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(bytes).prop_map(|byte| vec![byte]),
        1 => (prop::sample::select(bytes), 60..70usize).prop_map(|(byte, n)| vec![byte; n]),
    ];
    prop::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

fn blanks(line: &[u8]) -> Vec<&[u8]> {
    let fields = line.split(|byte| matches!(byte, b' ' | b'\t'));
    fields.filter(|field| !field.is_empty()).collect()
}

/// By a list of all places of quotes that may close a field.
fn quoted(mut line: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::new();
    while let Some(start) = line.iter().position(|byte| !b" \t".contains(byte)) {
        line = &line[start..];
        let close = match line[0] {
            b'"' => b'"',
            b'[' => b']',
            _ => {
                let end = line.iter().position(|byte| b" \t".contains(byte));
                let (field, rest) = line.split_at(end.unwrap_or(line.len()));
                fields.push(field);
                line = rest;
                continue;
            }
        };
        let mut all = Vec::new();
        let mut escaped = false;
        for i in 1..line.len() {
            let ends = i + 1 == line.len() || b" \t".contains(&line[i + 1]);
            if line[i] == close && ends {
                all.push((i, escaped));
            }
            escaped = line[i] == b'\\' && !escaped;
        }
        let unescaped = all.iter().find(|(_, escaped)| !escaped);
        match unescaped.or(all.last()) {
            Some(&(end, _)) => {
                fields.push(&line[1..end]);
                line = &line[end + 1..];
            }
            // A word.
            None if close == b']' => {
                let end = line.iter().position(|byte| b" \t".contains(byte));
                let (field, rest) = line.split_at(end.unwrap_or(line.len()));
                fields.push(field);
                line = rest;
            }
            None => {
                fields.push(line);
                line = b"";
            }
        }
    }
    fields
}

proptest! {
    #[test]
    fn fields_between_blanks(
        text in text(b"  \t\nab\x00\xFF"),
        list in list(),
        cuts in cuts(),
        skip: bool,
    ) {
        let style = Style { skip, ..PLAIN };
        prop_assert_eq!(
            output(&list.written(), Layout::Blanks, style, &text, cuts),
            list.records(&text, skip, blanks)
        );
    }

    #[test]
    fn fields_between_single_bytes(
        text in text(b",,\t\nab\x00\xFF"),
        list in list(),
        cuts in cuts(),
        skip: bool,
        byte in prop::sample::select(b",\t\xFF".to_vec()),
    ) {
        let style = Style { skip, ..PLAIN };
        prop_assert_eq!(
            output(&list.written(), Layout::Delimiter(byte), style, &text, cuts),
            list.records(&text, skip, |line| line.split(|&b| b == byte).collect())
        );
    }

    #[test]
    fn fields_in_quotes(
        text in text(b"  \t\n\"\"\"[]\\\\ab\xFF"),
        list in list(),
        cuts in cuts(),
    ) {
        prop_assert_eq!(
            output(&list.written(), Layout::Quoted, PLAIN, &text, cuts),
            list.records(&text, false, quoted)
        );
    }
}

#[test]
fn every_cut_gives_the_same_records() {
    let log = br#"a - b c [28/Nov/2026:10:11:12 +0000] "GET /a\"b?c HTTP/1.1" 200 5 "-" "d \" e"
x
a - - [28/Nov/2026:10:11:12 +0000] "-" 408 0 "-" "-""#;
    let csv = b"\xEF\xBB\xBFa,\"b\r\nc\",d\r\n\"1\"\"2\",\"3\n4\",5\r\n\n\"6\"7,\"8,9\"\n\"open\n";
    let w3c = b"\xEF\xBB\xBF#Fields: a b\r\n1 2\r\n#Fields: b a\r\n3\t4 5\r\n\r\n";
    let json =
        b"\xEF\xBB\xBF{\"a\":\"\\ud83d\\ude00\\n\"}\r\n{\"b\":[1,{\"a\":2}],\"a\":1.50}\noops\n{}";
    let csv_layout = |header| Layout::Csv {
        delimiter: b',',
        header,
    };
    for (list, layout, text) in [
        ("2,-1", Layout::Blanks, &log[..]),
        ("3", Layout::Blanks, log),
        ("2", Layout::Delimiter(b'"'), log),
        ("-1,3", Layout::Quoted, log),
        ("path,agent,user", Layout::Log, log),
        ("d,#2", csv_layout(true), csv),
        ("2", csv_layout(false), csv),
        (
            "d",
            Layout::Tsv { header: true },
            b"\xEF\xBB\xBFc\td\r\n1\t\"2\r\n\n3",
        ),
        ("a", Layout::W3c, w3c),
        ("a", Layout::Json, json),
        ("b[1].a,a", Layout::Json, json),
    ] {
        let mut fields = Fields::new(list.as_bytes(), layout, PLAIN).unwrap();
        let whole = read(&mut fields, text, vec![usize::MAX]);
        assert!(whole.0.len() > 4, "{layout:?}");
        for cut in 1..=text.len() {
            for cuts in [vec![cut], vec![cut, usize::MAX], vec![cut, 1]] {
                assert_eq!(read(&mut fields, text, cuts), whole, "{layout:?}, {cut}");
            }
        }
    }
}

#[test]
fn nul_ends_records_and_is_in_none() {
    let style = Style { nul: true, ..PLAIN };
    let text = b"a\0\tb c\nd\n";
    let ran = |list| output(list, Layout::Delimiter(b' '), style.clone(), text, vec![3]);
    assert_eq!(ran("1"), b"a \tb\0d\0");
    assert_eq!(ran("2,1"), b"c\ta \tb\0\td\0");
}

#[test]
fn another_separator_leaves_tabs() {
    let separator = Some(b", ".to_vec());
    let style = Style { separator, ..PLAIN };
    let ran = output("2,1", Layout::Delimiter(b' '), style, b"a\tb c,\n", vec![3]);
    assert_eq!(ran, b"c,, a\tb\n");
}

#[test]
fn a_long_line_is_one_record_and_takes_linear_time() {
    // If each block were searched again, this would take hours.
    let mut text = b"first ".to_vec();
    text.resize(64 << 20, b'x');
    text.extend_from_slice(b" last\nb c\n");
    for (list, layout) in [("-1", Layout::Blanks), ("3", Layout::Delimiter(b' '))] {
        let cuts = vec![1 << 12];
        let mut fields = Fields::new(list.as_bytes(), layout, PLAIN).unwrap();
        let (output, error) = read(&mut fields, &text, cuts);
        let expected: &[u8] = if list == "3" {
            b"last\n\n"
        } else {
            b"last\nc\n"
        };
        assert_eq!((output, error), (expected.to_vec(), None));
    }
}

#[test]
fn brackets_that_nothing_closes_take_linear_time() {
    let text = "[a ".repeat(1 << 21);
    let found = output(
        "-1",
        Layout::Quoted,
        PLAIN,
        text.as_bytes(),
        vec![usize::MAX],
    );
    assert_eq!(found, b"[a\n");
}

#[test]
fn a_failed_read_ends_the_text() {
    struct Fails(bool);
    impl Read for Fails {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match std::mem::replace(&mut self.0, true) {
                true => Err(std::io::Error::other("broken")),
                false => (&b"a b\nc d"[..]).read(buffer),
            }
        }
    }
    let mut fields = Fields::new(b"2", Layout::Blanks, PLAIN).unwrap();
    let mut output = Vec::new();
    let error = fields.read(&mut Fails(false), &mut output).unwrap_err();
    assert_eq!(
        (error.to_string(), output),
        ("broken".to_string(), b"b\nd\n".to_vec())
    );
}

mod log {
    use super::*;

    /// How a server writes a value of a request into a log.
    type Escape = fn(&[u8]) -> Vec<u8>;

    /// Escapes the bytes that `how` gives a text for.
    fn escaped(value: &[u8], how: impl Fn(u8) -> Option<String>) -> Vec<u8> {
        let bytes = value.iter().flat_map(|&byte| match how(byte) {
            Some(text) => text.into_bytes(),
            None => vec![byte],
        });
        bytes.collect()
    }

    fn short(byte: u8) -> Option<String> {
        let letter = match byte {
            b'"' | b'\\' => byte as char,
            b'\n' => 'n',
            b'\r' => 'r',
            b'\t' => 't',
            _ => return None,
        };
        Some(format!("\\{letter}"))
    }

    /// ngx_http_log_escape.
    fn nginx(value: &[u8]) -> Vec<u8> {
        let is_plain = |byte| matches!(byte, 0x20..=0x7E) && byte != b'"' && byte != b'\\';
        escaped(value, |byte| {
            (!is_plain(byte)).then(|| format!("\\x{byte:02X}"))
        })
    }

    /// ngx_escape_json.
    fn nginx_json(value: &[u8]) -> Vec<u8> {
        escaped(value, |byte| match byte {
            0x08 => Some("\\b".to_string()),
            0x0C => Some("\\f".to_string()),
            0..0x20 => short(byte).or_else(|| Some(format!("\\u00{byte:02X}"))),
            _ => short(byte),
        })
    }

    /// ap_escape_logitem.
    fn apache(value: &[u8]) -> Vec<u8> {
        escaped(value, |byte| match byte {
            0x08 => Some("\\b".to_string()),
            0x0B => Some("\\v".to_string()),
            0x20..=0x7E => short(byte),
            _ => short(byte).or_else(|| Some(format!("\\x{byte:02x}"))),
        })
    }

    /// VSB_quote.
    fn varnish(value: &[u8]) -> Vec<u8> {
        escaped(value, |byte| match byte {
            0x20..=0x7E => short(byte),
            _ => short(byte).or_else(|| Some(format!("\\x{byte:02x}"))),
        })
    }

    /// Traefik's formatter for the common log escapes quotes only.
    fn traefik(value: &[u8]) -> Vec<u8> {
        escaped(value, |byte| (byte == b'"').then(|| "\\\"".to_string()))
    }

    /// HAProxy, for headers.
    fn haproxy(value: &[u8]) -> Vec<u8> {
        escaped(value, |byte| match byte {
            b'"' | b'#' | b'{' | b'|' | b'}' | 0..0x20 | 0x7F.. => Some(format!("#{byte:02X}")),
            _ => None,
        })
    }

    fn none(value: &[u8]) -> Vec<u8> {
        value.to_vec()
    }

    const SERVERS: [(&str, Escape); 7] = [
        ("nginx", nginx),
        ("nginx, escape=json", nginx_json),
        ("nginx, escape=none", none),
        ("Apache", apache),
        ("Varnish", varnish),
        ("Traefik", traefik),
        ("HAProxy", haproxy),
    ];

    /// A line of a log from values that are escaped already.
    fn line(user: &[u8], target: &[u8], referer: &[u8], agent: &[u8]) -> Vec<u8> {
        [
            &b"10.0.0.1 - "[..],
            user,
            b" [28/Nov/2026:10:11:12 +0100] \"GET ",
            target,
            b" HTTP/1.1\" 404 153 \"",
            referer,
            b"\" \"",
            agent,
            b"\" 0.003 \"more\"\n",
        ]
        .concat()
    }

    const ALL: &str = "host,ident,user,time,date,hour,minute,request,method,target,protocol,status,bytes,referer,agent";

    /// The fields of all lines of a text, in the order of `ALL`.
    fn all(text: &[u8]) -> Vec<u8> {
        let separator = Some(b"\x01".to_vec());
        let style = Style {
            separator,
            nul: true,
            ..PLAIN
        };
        output(ALL, Layout::Log, style, text, vec![usize::MAX, 7])
    }

    /// What [`all`] gives for a line of these values.
    fn expected(user: &[u8], target: &[u8], referer: &[u8], agent: &[u8]) -> Vec<u8> {
        let request = [b"GET ", target, b" HTTP/1.1"].concat();
        let fields = [
            &b"10.0.0.1"[..],
            b"-",
            user,
            b"28/Nov/2026:10:11:12 +0100",
            b"28/Nov/2026",
            b"28/Nov/2026:10",
            b"28/Nov/2026:10:11",
            &request,
            b"GET",
            target,
            b"HTTP/1.1",
            b"404",
            b"153",
            referer,
            agent,
        ];
        let mut record = fields.join(&1);
        record
            .iter_mut()
            .filter(|byte| **byte == 0)
            .for_each(|byte| *byte = b' ');
        record.push(0);
        record
    }

    #[test]
    fn every_byte_in_each_value_of_each_server() {
        for (server, escape) in SERVERS {
            // A line end that is not escaped ends the line, whatever reads it.
            let breaks = |byte| escape(&[byte]).contains(&b'\n');
            for byte in (0..=255).filter(|byte| !breaks(*byte)) {
                for value in [
                    &[byte][..],
                    &[b'a', byte],
                    &[byte, b'a'],
                    &[b'a', b' ', byte, b' ', b'b'],
                ] {
                    let odd = escape(value);
                    let plain = b"plain";
                    for at in 0..4 {
                        let mut values = [&plain[..]; 4];
                        values[at] = &odd;
                        let [user, target, referer, agent] = values;
                        // A backslash before a quote that is not escaped, and a raw quote before a
                        // blank, look like others: ambiguous.
                        let is_raw = ["Traefik", "HAProxy", "nginx, escape=none"].contains(&server);
                        let at_end = at >= 2 && is_raw && odd.ends_with(b"\\");
                        let quote =
                            at >= 2 && server == "nginx, escape=none" && odd.ends_with(b"\" b");
                        // Here the end of the method is not known.
                        let blank =
                            at == 1 && byte == b' ' && (value.len() == 1 || value[0] == b' ');
                        if at_end || quote || blank {
                            continue;
                        }
                        let text = line(user, target, referer, agent);
                        assert_eq!(
                            all(&text).escape_ascii().to_string(),
                            expected(user, target, referer, agent)
                                .escape_ascii()
                                .to_string(),
                            "{server}: {:?}",
                            text.escape_ascii().to_string()
                        );
                    }
                }
            }
        }
    }

    /// The values of a user who tries to forge a line.
    fn value() -> impl Strategy<Value = Vec<u8>> {
        let pieces: [&[u8]; 16] = [
            b" ",
            b"\"",
            b"\\",
            b"[",
            b"]",
            b" [",
            b"] \"",
            b"\" 200 ",
            b"\" \"",
            b"GET / HTTP/1.1",
            b"[28/Nov/2026:10:11:13 +0000]",
            b" [28/Nov/2026:10:11:13 +0000] \"GET / HTTP/1.1\" 200 1 \"a\" \"b\"",
            b"\n",
            b"\xC3\xA9",
            b"?",
            b"a",
        ];
        let piece = prop_oneof![
            3 => prop::sample::select(pieces.to_vec()).prop_map(<[u8]>::to_vec),
            1 => any::<u8>().prop_map(|byte| vec![byte]),
        ];
        prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn escaped_values_cannot_forge_a_field(
            server in prop::sample::select(vec![0usize, 3, 4]),
            user in value(), target in value(), referer in value(), agent in value(),
        ) {
            let escape = SERVERS[server].1;
            let [user, target, referer, agent] = [user, target, referer, agent].map(|value| escape(&value));
            // The method ends at the first blank.
            let target = target.trim_ascii();
            prop_assume!(!target.is_empty());
            prop_assert_eq!(
                all(&line(&user, target, &referer, &agent)).escape_ascii().to_string(),
                expected(&user, target, &referer, &agent).escape_ascii().to_string()
            );
        }
    }

    /// One field of one line, and whether the line parses.
    fn field(name: &str, line: &str) -> Option<String> {
        let mut fields = Fields::new(name.as_bytes(), Layout::Log, PLAIN).unwrap();
        let (output, error) = read(&mut fields, format!("{line}\n").as_bytes(), vec![5]);
        assert!(error.is_none() || output == b"\n");
        error.is_none().then(|| {
            String::from_utf8(output)
                .unwrap()
                .trim_end_matches('\n')
                .to_string()
        })
    }

    #[test]
    fn odd_lines() {
        let ok = r#"10.0.0.1 - - [28/Nov/2026:10:11:12 +0000] "GET /a/b?c=d&e HTTP/1.1" 200 512 "http://r/" "A/1 (b)""#;
        let of = |request: &str, rest: &str| {
            format!("10.0.0.1 - - [28/Nov/2026:10:11:12 +0000] \"{request}\" {rest}")
        };
        for (name, line, expected) in [
            ("path", ok, Some("/a/b")),
            ("query", ok, Some("c=d&e")),
            ("target", ok, Some("/a/b?c=d&e")),
            ("agent", ok, Some("A/1 (b)")),
            // The six lines on which awk's $9 is wrong four times.
            ("status", &of("-", "408 0 \"-\" \"-\""), Some("408")),
            ("request", &of("-", "408 0 \"-\" \"-\""), Some("-")),
            ("path", &of("-", "408 0 \"-\" \"-\""), Some("")),
            (
                "status",
                &of(r"\x16\x03\x01", "400 157 \"-\" \"-\""),
                Some("400"),
            ),
            (
                "method",
                &of(r"\x16\x03\x01 a HTTP/1.1", "400 157"),
                Some(""),
            ),
            (
                "user",
                r#"::1 - John Smith [28/Nov/2026:10:11:12 +0000] "GET / HTTP/1.0" 200 1"#,
                Some("John Smith"),
            ),
            ("status", &of("GET /a b HTTP/1.1", "200 5"), Some("200")),
            ("path", &of("GET /a b HTTP/1.1", "200 5"), Some("/a b")),
            (
                "path",
                &of(r#"GET /a\"b HTTP/1.1"#, "200 5"),
                Some(r#"/a\"b"#),
            ),
            ("status", &of(r#"GET /a\"b HTTP/1.1"#, "200 5"), Some("200")),
            // Requests that are none.
            ("path", &of("", "400 0"), Some("")),
            ("path", &of("GET /", "400 0"), Some("")),
            ("path", &of("GET  HTTP/1.1", "400 0"), Some("")),
            ("request", &of("GET /", "400 0"), Some("GET /")),
            ("path", &of("<BADREQ>", "400 0"), Some("")),
            // Requests that lighttpd, Varnish and HAProxy refused.
            (
                "request",
                r#"127.1.16.57 - - [28/Nov/2026:20:50:01 +0000] "  " 400 345 "-" "-""#,
                Some("  "),
            ),
            (
                "host",
                r#"- - - [28/Nov/2026:20:50:58 +0000] "- http://localhost HTTP/1.0" 400 0 "-" "-""#,
                Some("-"),
            ),
            (
                "status",
                r#"127.1.16.85 - - [28/Nov/2026:20:50:23 +0000] "<BADREQ>" 400 0 "" "" 48013 885 "front" "front" "<NOSRV>" -1 -1 -1 -1 0 CR-- 1 1 0 0 0 0 0 "" "" "#,
                Some("400"),
            ),
            (
                "path",
                &of("GET http://host/a?b HTTP/1.1", "200 0"),
                Some("http://host/a"),
            ),
            ("path", &of("OPTIONS * HTTP/1.0", "200 0"), Some("*")),
            ("query", &of("GET /a? HTTP/1.0", "200 0"), Some("")),
            // Common: no referer, no agent.
            ("agent", &of("GET / HTTP/1.1", "200 5"), Some("")),
            ("bytes", &of("GET / HTTP/1.1", "200 -"), Some("-")),
            ("bytes", &of("GET / HTTP/1.1", "200"), Some("")),
            // Apache without a response.
            ("status", &of("GET / HTTP/1.1", "- -"), Some("-")),
            (
                "user",
                r#"10.0.0.1 - "" [28/Nov/2026:10:11:12 +0000] "GET / HTTP/1.0" 200 1"#,
                Some("\"\""),
            ),
            // Amazon's S3: more fields, and quotes that are not escaped.
            (
                "status",
                r#"owner bucket [28/Nov/2026:10:11:12 +0000] 10.0.0.1 - ID REST.GET.OBJECT key "GET /a" HTTP/1.1" 200 - 11 11 7 6 "-" "a" b" -"#,
                Some("200"),
            ),
            (
                "agent",
                &of("GET / HTTP/1.1", r#"200 1 "-" """agent""""#),
                Some(r#"""agent"""#),
            ),
            // No lines of a log.
            ("path", "", None),
            ("path", "GET / HTTP/1.1", None),
            (
                "path",
                r#"10.0.0.1 - - [28/Nov/2026 10:11:12] "GET / HTTP/1.1" 200 1"#,
                None,
            ),
            (
                "path",
                r#"10.0.0.1 - - [28/Nov/2026:10:11:12 +0000] "GET / HTTP/1.1" OK"#,
                None,
            ),
            (
                "path",
                r#"10.0.0.1 - - [28/Nov/2026:10:11:12 +0000] "GET / HTTP/1.1"#,
                None,
            ),
            ("path", r#"10.0.0.1 - - [28/Nov/2026:10:11:12 +0000"#, None),
        ] {
            assert_eq!(field(name, line).as_deref(), expected, "{name}: {line}");
        }
    }

    #[test]
    fn lines_that_do_not_parse_are_counted_and_the_first_is_named() {
        let good = r#"a - - [28/Nov/2026:10:11:12 +0000] "GET /a HTTP/1.1" 200 1"#;
        let text = format!("{good}\nbad\n{good}\n\n");
        let ran = |skip| {
            let style = Style { skip, ..PLAIN };
            let mut fields = Fields::new(b"path", Layout::Log, style).unwrap();
            read(&mut fields, text.as_bytes(), vec![9])
        };
        let cause =
            "line 2: no time in brackets, as in [28/Nov/2026:10:11:12 +0000]; 2 invalid lines";
        assert_eq!(
            ran(false),
            (b"/a\n\n/a\n\n".to_vec(), Some(cause.to_string()))
        );
        assert_eq!(ran(true), (b"/a\n/a\n".to_vec(), Some(cause.to_string())));
    }

    #[test]
    fn an_unknown_name_is_named() {
        let wrong = Fields::new(b"path,url", Layout::Log, PLAIN).err().unwrap();
        let cause = wrong.to_string();
        assert!(
            cause.starts_with("no field 'url' in a log (there are host ident "),
            "{cause}"
        );
    }
}

mod csv {
    use super::*;
    use ::csv::{ReaderBuilder, Terminator};
    use regex::bytes::Regex;

    const CSV: Layout = Layout::Csv {
        delimiter: b',',
        header: true,
    };
    const NO_HEADER: Layout = Layout::Csv {
        delimiter: b',',
        header: false,
    };

    /// A value on one line, with spaces for line ends.
    fn one_line(value: &[u8]) -> Vec<u8> {
        let ends = Regex::new("\r?\n").unwrap();
        ends.replace_all(value, &b" "[..]).into_owned()
    }

    fn quoted(value: &[u8]) -> Vec<u8> {
        let value = Regex::new("\"").unwrap().replace_all(value, &b"\"\""[..]);
        [b"\"", &value[..], b"\""].concat()
    }

    fn needs_quotes(value: &[u8]) -> bool {
        value.starts_with(b"\"") || value.iter().any(|byte| b",\n\r".contains(byte))
    }

    /// A value, and whether it is written in quotes.
    fn value() -> impl Strategy<Value = (Vec<u8>, bool)> {
        (text(b"ab \"\",\n\r\xFF\t"), any::<bool>()).prop_map(|(mut value, quotes)| {
            value.truncate(80);
            let quotes = quotes || needs_quotes(&value);
            (value, quotes)
        })
    }

    proptest! {
        /// What was written is read.
        #[test]
        fn values_as_they_were_written(
            rows in prop::collection::vec(prop::collection::vec(value(), 1..5), 0..12),
            crlf: bool, bom: bool, last_end: bool,
            column in 0..5usize,
            cuts in cuts(),
        ) {
            let end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
            let mut text = if bom { b"\xEF\xBB\xBF".to_vec() } else { Vec::new() };
            let mut expected = [Vec::new(), Vec::new()];
            for row in &rows {
                let fields: Vec<_> = row.iter().map(|(value, quotes)| match quotes {
                    true => quoted(value),
                    false => value.clone(),
                }).collect();
                text.extend(fields.join(&b','));
                text.extend(end);
                let value = row.get(column).map_or(&b""[..], |(value, _)| value);
                expected[0].extend(one_line(value));
                expected[0].push(b'\n');
                expected[1].extend(value);
                expected[1].push(0);
            }
            // A last line that is empty is none without its end.
            let is_empty = rows.last().is_some_and(|row| row == &[(Vec::new(), false)]);
            if !last_end && !rows.is_empty() && !is_empty {
                text.truncate(text.len() - end.len());
            }
            let list = (column + 1).to_string();
            prop_assert_eq!(&output(&list, NO_HEADER, PLAIN, &text, cuts.clone()), &expected[0]);
            let style = Style { nul: true, ..PLAIN };
            prop_assert_eq!(&output(&list, NO_HEADER, style, &text, cuts), &expected[1]);
        }

        /// Any text, as the crate csv reads it; which records are invalid, by a regular expression.
        #[test]
        fn any_text(
            pieces in prop::collection::vec(prop::sample::select(vec![
                &b"\nx"[..], b"\r\nx", b",", b",", b"\"", b"\"", b"\"\"", b"a", b" ", b"\xFF",
            ]), 0..60),
            column in 1..4usize,
            cuts in cuts(),
        ) {
            let text = pieces.concat();
            let valid = Regex::new(
                r#"^(?s-u:"(?:[^"]|"")*"|[^",\n][^,\n]*|)(?s-u:,(?:"(?:[^"]|"")*"|[^",\n][^,\n]*|))*$"#
            ).unwrap();
            let mut reader = ReaderBuilder::new();
            let reader = reader.has_headers(false).flexible(true).terminator(Terminator::Any(b'\n'));
            let read: Vec<_> = reader.from_reader(&text[..]).into_byte_records().map(Result::unwrap).collect();
            let starts: Vec<_> = read.iter().map(|record| record.position().unwrap().byte() as usize).collect();
            let mut invalid = 0;
            let mut expected = Vec::new();
            // The crate skips empty lines, of which there is at most one, at the start.
            if text.starts_with(b"\n") || text.starts_with(b"\r\n") {
                expected.push(b'\n');
            }
            for (i, record) in read.iter().enumerate() {
                let end = starts.get(i + 1).copied().unwrap_or(text.len());
                let raw = &text[starts[i]..end];
                let raw = raw.strip_suffix(b"\n").filter(|_| i + 1 < read.len()).unwrap_or(raw);
                if raw == b"\r" || raw == b"\n" {
                    continue;
                }
                let raw = raw.trim_ascii_start_matches_newlines();
                let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
                if valid.is_match(raw) {
                    let value = record.get(column - 1).unwrap_or(b"");
                    let is_last = column == record.len();
                    let value = value.strip_suffix(b"\r").filter(|_| is_last).unwrap_or(value);
                    expected.extend(one_line(value));
                } else {
                    invalid += 1;
                }
                expected.push(b'\n');
            }
            let mut fields = Fields::new(column.to_string().as_bytes(), NO_HEADER, PLAIN).unwrap();
            let (output, error) = read_all(&mut fields, &text, cuts);
            prop_assert_eq!(output.escape_ascii().to_string(), expected.escape_ascii().to_string(),
                "{:?}", text.escape_ascii().to_string());
            prop_assert_eq!(error.is_some(), invalid > 0);
        }

        #[test]
        fn tsv_has_no_quotes(text in text(b"ab\"\t\t\n\r "), column in 1..4usize, cuts in cuts()) {
            let layout = Layout::Tsv { header: false };
            let mut expected = Vec::new();
            for line in text.split_inclusive(|&byte| byte == b'\n') {
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                expected.extend(line.split(|&byte| byte == b'\t').nth(column - 1).unwrap_or(b""));
                expected.push(b'\n');
            }
            prop_assert_eq!(output(&column.to_string(), layout, PLAIN, &text, cuts), expected);
        }
    }

    use super::read as read_all;

    trait Newlines {
        fn trim_ascii_start_matches_newlines(&self) -> &[u8];
    }

    impl Newlines for [u8] {
        fn trim_ascii_start_matches_newlines(&self) -> &[u8] {
            match self {
                [b'\r', b'\n', rest @ ..] | [b'\n', rest @ ..] => rest,
                text => text,
            }
        }
    }

    #[test]
    fn names_of_columns() {
        let text = b"\xEF\xBB\xBFid,\"the, city\",3,id\n1,\"Paris\",x,4\n2,\"a \"\"b\"\"\n c\"\n";
        for (list, expected) in [
            ("id", &b"1\n2\n"[..]),
            ("\"the, city\"", b"Paris\na \"b\"  c\n"),
            ("\"3\"", b"x\n\n"),
            ("3", b"x\n\n"),
            ("#1,-1", b"1\t4\n2\ta \"b\"  c\n"),
            ("#2-3", b"Paris\tx\na \"b\"  c\n"),
        ] {
            for cut in 1..9 {
                assert_eq!(
                    output(list, CSV, PLAIN, text, vec![cut]),
                    expected,
                    "{list}"
                );
            }
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_that_names_the_others() {
        let mut fields = Fields::new(b"town", CSV, PLAIN).unwrap();
        let header = b"id,\"a,b\",7\n1,2,3\n";
        let (output, error) = read_all(&mut fields, header, vec![3]);
        let cause = "no field 'town' (there are id,\"a,b\",\"7\")";
        assert_eq!((output, error), (Vec::new(), Some(cause.to_string())));
        // The next file has a header of its own.
        let (output, error) = read_all(&mut fields, b"x,town\n1,2\n", vec![3]);
        assert_eq!((output, error), (b"2\n".to_vec(), None));
    }

    #[test]
    fn records_that_do_not_parse() {
        let text = b"a,b\n1,2\n\"x\"y,3\n4,\"5\n6\"\n,\"7\"8\n9,\"never\nclosed\n";
        for cut in 1..20 {
            let mut fields = Fields::new(b"b", CSV, PLAIN).unwrap();
            let (output, error) = read_all(&mut fields, text, vec![cut]);
            assert_eq!(output, b"2\n\n5 6\n\n\n");
            let cause = "line 3: text after a closing quote; 3 invalid lines";
            assert_eq!(error.as_deref(), Some(cause));
        }
    }

    #[test]
    fn a_long_quoted_record_takes_linear_time() {
        let mut text = b"1,\"".to_vec();
        text.extend_from_slice(&b"line, \"\"quoted\"\"\n".repeat(1 << 20));
        text.extend_from_slice(b"\"\n2,b\n");
        let cuts = vec![1 << 10];
        let mut fields = Fields::new(b"1", NO_HEADER, PLAIN).unwrap();
        assert_eq!(
            read_all(&mut fields, &text, cuts),
            (b"1\n2\n".to_vec(), None)
        );
    }
}

mod w3c {
    use super::*;

    #[test]
    fn names_change_within_a_file() {
        let text = b"\xEF\xBB\xBF#Software: IIS\r\n#Fields: date cs-uri-stem sc-status\r\n\
            2026-11-28 /a 200\r\n#Fields: sc-status cs-uri-stem\r\n404  /b\r\n#Remark\r\n\r\n";
        for (list, expected) in [
            ("cs-uri-stem", &b"/a\n/b\n\n"[..]),
            ("sc-status,1", b"200\t2026-11-28\n404\t404\n\t\n"),
        ] {
            for cut in 1..9 {
                let ran = output(list, Layout::W3c, PLAIN, text, vec![cut]);
                assert_eq!(
                    ran.escape_ascii().to_string(),
                    expected.escape_ascii().to_string()
                );
            }
        }
    }

    #[test]
    fn tabs_separate_where_they_are() {
        let text = b"#Version: 1.0\n#Fields: date x-edge cs(User-Agent)\n2026-11-28\tLHR 50\tMozilla%2520\n-\t\t-\n";
        for (list, expected) in [
            ("cs(User-Agent)", &b"Mozilla%2520\n-\n"[..]),
            ("x-edge", b"LHR 50\n\n"),
        ] {
            assert_eq!(output(list, Layout::W3c, PLAIN, text, vec![7]), expected);
        }
    }

    #[test]
    fn records_without_the_field_or_without_names() {
        let mut fields = Fields::new(b"b", Layout::W3c, PLAIN).unwrap();
        let (output, error) = read(&mut fields, b"1 2\n#Fields: a b\n1 2\n", vec![5]);
        let cause = "line 1: no line with #Fields: before it; 1 invalid line";
        assert_eq!(
            (output, error),
            (b"\n2\n".to_vec(), Some(cause.to_string()))
        );
        let text = b"#Fields: a b\n1 2\n#Fields: a c\n3 4\n5 6\n";
        let (output, error) = read(&mut fields, text, vec![5]);
        let cause = "line 4: no field 'b' (there are a,c); 2 invalid lines";
        assert_eq!(
            (output, error),
            (b"2\n\n\n".to_vec(), Some(cause.to_string()))
        );
    }
}

mod json {
    use super::*;
    use serde_json::{Map, Value};

    /// Any value, whose strings and keys are odd.
    fn value() -> impl Strategy<Value = Value> {
        let text = prop_oneof!["[a-c]", "[a-c\"\\\\\n\t{}\\[\\]:, é😀\u{0}]{0,6}", ".{0,5}"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            // serde_json reads others up to an error in the last digit.
            any::<i32>().prop_map(|n| Value::from(f64::from(n) / 8.0)),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-c]|a\"b|.{0,2}", inner), 0..4)
                    .prop_map(|pairs| Value::from(Map::from_iter(pairs))),
            ]
        })
    }

    /// A value as `field` writes it.
    fn written(value: Option<&Value>) -> Vec<u8> {
        let text = match value {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        text.into_bytes()
    }

    /// All values in a value, with their pointers.
    fn pointers(value: &Value, pointer: String, all: &mut Vec<(String, Value)>) {
        all.push((pointer.clone(), value.clone()));
        match value {
            Value::Array(values) => {
                for (i, value) in values.iter().enumerate() {
                    pointers(value, format!("{pointer}/{i}"), all);
                }
            }
            Value::Object(map) => {
                for (key, value) in map {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    pointers(value, format!("{pointer}/{key}"), all);
                }
            }
            _ => {}
        }
    }

    fn quoted(path: &str) -> String {
        format!("\"{}\"", path.replace('"', "\"\""))
    }

    proptest! {
        #[test]
        fn each_value_of_a_line(value in value(), pretty: bool, cuts in cuts()) {
            let style = Style { nul: true, ..PLAIN };
            let text = match pretty {
                // Blanks between tokens; strings of JSON have no line ends.
                true => serde_json::to_string_pretty(&value).unwrap().replace('\n', " "),
                false => value.to_string(),
            };
            let mut all = Vec::new();
            pointers(&value, String::new(), &mut all);
            for (pointer, value) in &all[1..] {
                let ran = output(&quoted(pointer), Layout::Json, style.clone(), text.as_bytes(), cuts.clone());
                let ran = ran.strip_suffix(b"\0").unwrap();
                let expected = written(Some(value));
                match value {
                    Value::Array(_) | Value::Object(_) if pretty => {
                        prop_assert_eq!(&serde_json::from_slice::<Value>(ran).unwrap(), value);
                    }
                    _ => {
                        let expected: Vec<u8> = expected.iter().map(|&b| if b == 0 { b' ' } else { b }).collect();
                        prop_assert_eq!(ran.escape_ascii().to_string(), expected.escape_ascii().to_string(), "{}", pointer);
                    }
                }
            }
        }

        /// Lines of odd tokens: what serde_json reads is read, and a line that it refuses never
        /// changes another one.
        #[test]
        fn any_line(
            tokens in prop::collection::vec(prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"a\":", "{\"a\":", "1", "-0.5e+3", "01", "1.", "true",
                "null", " ", "\"\\u00e9\\ud83d\\ude00\"", "\"\\x\"", "\"\\\\\"", "\"", "tru",
            ]), 0..14),
            cuts in cuts(),
        ) {
            let line = tokens.concat();
            let text = format!("{line}\n{{\"a\":7}}\n");
            let mut fields = Fields::new(b"a", Layout::Json, PLAIN).unwrap();
            let (output, error) = read(&mut fields, text.as_bytes(), cuts);
            let lines: Vec<_> = output.split_inclusive(|&byte| byte == b'\n').collect();
            prop_assert_eq!((lines.len(), lines.last()), (2, Some(&&b"7\n"[..])));
            let Ok(value) = serde_json::from_str::<Value>(&line) else {
                return Ok(());
            };
            prop_assert_eq!(&error, &None, "{}", line);
            // Of several values of a key, serde_json has the last.
            prop_assume!(line.matches("\"a\"").count() < 2);
            let found = lines[0].strip_suffix(b"\n").unwrap();
            match value.get("a") {
                Some(value @ (Value::Array(_) | Value::Object(_) | Value::Number(_))) => {
                    prop_assert_eq!(&serde_json::from_slice::<Value>(found).unwrap(), value);
                    prop_assert!(line.contains(std::str::from_utf8(found).unwrap()));
                }
                value => prop_assert_eq!(found.to_vec(), written(value), "{}", line),
            }
        }
    }

    /// One value of one line; none if the line does not parse.
    fn one(path: &str, line: &[u8]) -> Option<Vec<u8>> {
        let mut fields = Fields::new(path.as_bytes(), Layout::Json, PLAIN).unwrap();
        let (output, error) = read(&mut fields, line, vec![3]);
        error
            .is_none()
            .then(|| output.strip_suffix(b"\n").unwrap().to_vec())
    }

    #[test]
    fn odd_lines() {
        for (path, line, expected) in [
            // Numbers keep their digits.
            (
                "a",
                &br#"{"a":12345678901234567890}"#[..],
                Some(&b"12345678901234567890"[..]),
            ),
            ("a", br#"{"a":1.10}"#, Some(b"1.10")),
            ("a", br#"{"a": -1E+2 }"#, Some(b"-1E+2")),
            ("a", b"{\"a\":\"line\\r\\nend\\n\"}", Some(b"line end ")),
            ("a", br#"{"a":{"b": [1, 2]} }"#, Some(br#"{"b": [1, 2]}"#)),
            ("a", br#"{"a":null}"#, Some(b"")),
            ("a", br#"{"b":1}"#, Some(b"")),
            ("a", b"{}", Some(b"")),
            ("a", b"7", Some(b"")),
            ("a.b", br#"{"a":7}"#, Some(b"")),
            ("a[1]", br#"{"a":[1]}"#, Some(b"")),
            ("a[1]", br#"{"a":{"1":2}}"#, Some(b"")),
            ("/a/1", br#"{"a":{"1":2}}"#, Some(b"2")),
            ("/a/1", br#"{"a":[1,2]}"#, Some(b"2")),
            ("[1].a", br#"[{}, {"a":5}]"#, Some(b"5")),
            (
                "request.headers.User-Agent[0]",
                br#"{"request":{"headers":{"User-Agent":["x","y"]}}}"#,
                Some(b"x"),
            ),
            // The first of several values.
            ("a", br#"{"a":1,"a":2}"#, Some(b"1")),
            // A key with escapes.
            ("a", br#"{"\u0061":1}"#, Some(b"1")),
            // Surrogates: a pair, and lone ones.
            ("a", br#"{"a":"\ud83d\ude00"}"#, Some("😀".as_bytes())),
            ("a", br#"{"a":"\ud83d"}"#, Some("\u{FFFD}".as_bytes())),
            (
                "a",
                br#"{"a":"\ude00\ud83dx"}"#,
                Some("\u{FFFD}\u{FFFD}x".as_bytes()),
            ),
            (
                "a",
                br#"{"a":"\ud83d\ud83d\ude00"}"#,
                Some("\u{FFFD}😀".as_bytes()),
            ),
            (
                "a",
                br#"{"a":"\ud83d\u0041"}"#,
                Some("\u{FFFD}A".as_bytes()),
            ),
            // Text is bytes.
            ("a", b"{\"b\":\"\xFF\",\"a\":\"\xC3\t\"}", Some(b"\xC3\t")),
            // What follows the value does no harm.
            ("a", br#"{"a":1,"t":,"b":2}"#, Some(b"1")),
            ("b", br#"{"a":1,"t":,"b":2}"#, None),
            // varnishncsa has an escape that JSON does not have.
            ("a", br#"{"a":"a\v","b":2}"#, None),
            ("b", br#"{"a":"a\v","b":2}"#, Some(b"2")),
            ("a.b", br#"{"a":{"c":1},"#, Some(b"")),
            // A number may be cut short.
            ("a", br#"{"a":12"#, None),
            ("a", br#"{"a":12x}"#, None),
            ("a", br#"{"a":"x""#, Some(b"x")),
            ("a", br#"{"a":"x"#, None),
            ("a", br#"{"a":"\ud83d\uZZZZ"}"#, None),
            ("a", br#"{"a":"\x"}"#, None),
            ("a", br#"{"b":01,"a":1}"#, None),
            ("a", br#"{"b":1.,"a":1}"#, None),
            ("a", br#"{b:1}"#, None),
            ("a", br#"{"b" 1}"#, None),
            ("a", br#"{"b":1 "a":2}"#, None),
            ("a", br#"{"b":1,}"#, None),
            ("a", b"{}x", None),
            ("a", b"{", None),
            ("a", b"", None),
            ("a", b"GET / HTTP/1.1", None),
        ] {
            let line = [line, b"\n"].concat();
            let found = one(path, &line);
            assert_eq!(
                found.as_deref(),
                expected,
                "{path}: {}",
                line.escape_ascii()
            );
        }
    }

    #[test]
    fn several_paths_and_missing_values() {
        let text = b"\xEF\xBB\xBF{\"a\":\"x\\ty\",\"b\":2}\r\n{\"b\":null,\"a\":\"\"}\n{\"a\":1,\"b\":x}\n";
        let ran = |skip| {
            let style = Style { skip, ..PLAIN };
            let mut fields = Fields::new(b"b,a,b", Layout::Json, style).unwrap();
            read(&mut fields, text, vec![4])
        };
        let cause = Some("line 3: no JSON value where one is expected; 1 invalid line".to_string());
        assert_eq!(ran(false), (b"2\tx y\t2\n\t\t\n\n".to_vec(), cause.clone()));
        assert_eq!(ran(true), (b"2\tx y\t2\n".to_vec(), cause));
    }

    #[test]
    fn depth_takes_no_stack() {
        let n = 1 << 20;
        let deep = ["{\"x\":", &"[".repeat(n), &"]".repeat(n), ",\"a\":1}\n"].concat();
        assert_eq!(one("a", deep.as_bytes()), Some(b"1".to_vec()));
        assert_eq!(one("a", "[".repeat(n).as_bytes()), None);
        let path = ["a"].repeat(1 << 10).join(".");
        let deep = [
            "{\"a\":".repeat(1 << 10),
            "5".to_string(),
            "}".repeat(1 << 10),
        ]
        .concat();
        assert_eq!(
            one(&path, format!("{deep}\n").as_bytes()),
            Some(b"5".to_vec())
        );
    }
}
