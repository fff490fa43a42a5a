//! User names and passwords of hosts, from `~/.netrc`.
//!
//! The format is that of ftp(1), as in curl: words separated by blanks and newlines,
//! `machine NAME` or `default`, then `login NAME`, `password WORD` and `account WORD`.
//! `macdef NAME` is skipped up to the next empty line. A comment begins with `#` at the
//! beginning of a word and ends with its line. A word in double quotes may contain blanks,
//! and `\"`, `\\`, `\n`, `\r` and `\t`. Unknown words are skipped, as in curl. An incomplete
//! entry is an error with its line number.
//!
//! The file is read into memory once; the search is linear.

use crate::common::error::Error;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The entries of a netrc file, in its order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Netrc(Vec<Entry>);

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Entry {
    /// None for the default entry.
    host: Option<Vec<u8>>,
    login: Option<Vec<u8>>,
    password: Option<Vec<u8>>,
}

impl Netrc {
    /// Reads the file that `$NETRC` names; by default `~/.netrc`, which may be missing.
    pub(crate) fn from_env(env: impl Fn(&str) -> Option<OsString>) -> Result<Netrc, Error> {
        let set = |name| env(name).filter(|value| !value.is_empty());
        if let Some(path) = set("NETRC") {
            return Netrc::read(Path::new(&path));
        }
        let Some(home) = set("HOME") else {
            return Ok(Netrc::default());
        };
        match Netrc::read(&PathBuf::from(home).join(".netrc")) {
            Err(Error::In { error, .. }) if is_missing(&error) => Ok(Netrc::default()),
            result => result,
        }
    }

    /// Reads a file; the error names the file and the line.
    pub(crate) fn read(path: &Path) -> Result<Netrc, Error> {
        let text = fs::read(path).map_err(Error::Read);
        let netrc = text.and_then(|text| Netrc::parse(&text));
        netrc.map_err(|error| error.of(path.to_string_lossy()))
    }

    /// Parses a file.
    pub(crate) fn parse(text: &[u8]) -> Result<Netrc, Error> {
        let mut words = Words {
            rest: text,
            line: 1,
            line_start: true,
        };
        let mut entries: Vec<Entry> = Vec::new();
        while let Some(word) = words.next()? {
            // The case of keywords does not matter, as in curl.
            match word.to_ascii_lowercase().as_slice() {
                b"machine" => entries.push(Entry {
                    host: Some(words.value("no name after machine")?),
                    ..Entry::default()
                }),
                b"default" => entries.push(Entry::default()),
                b"macdef" => words.skip_macro(),
                b"login" => words.entry(&mut entries)?.login = Some(words.value(NO_WORD)?),
                b"password" => words.entry(&mut entries)?.password = Some(words.value(NO_WORD)?),
                b"account" => {
                    words.entry(&mut entries)?;
                    words.value(NO_WORD)?;
                }
                // A comment after an entry.
                word if word.starts_with(b"#") => words.skip_line(),
                // Unknown words, such as `port`.
                _ => {}
            }
        }
        Ok(Netrc(entries))
    }

    /// The name and password for a host, and for this `user` if there is one: of the first
    /// entry that has both, otherwise the first name with an empty password. Entries for the
    /// host take precedence over default entries.
    pub(crate) fn find(&self, host: &str, user: Option<&[u8]>) -> Option<(&[u8], &[u8])> {
        let of_host = |entry: &&Entry| {
            let known = entry.host.as_deref();
            known.is_some_and(|known| known.eq_ignore_ascii_case(host.as_bytes()))
        };
        first(self.0.iter().filter(of_host), user)
            .or_else(|| first(self.0.iter().filter(|entry| entry.host.is_none()), user))
    }
}

/// The first entry with a password, otherwise the first entry with a name.
fn first<'a>(
    entries: impl Iterator<Item = &'a Entry> + Clone,
    user: Option<&[u8]>,
) -> Option<(&'a [u8], &'a [u8])> {
    let mut named = entries.filter_map(|entry| {
        let login = entry.login.as_deref()?;
        let fits = user.is_none_or(|user| user == login);
        fits.then_some((login, entry.password.as_deref()))
    });
    let without = named.clone().next();
    let with = named.find_map(|(login, password)| Some((login, password?)));
    with.or(without.map(|(login, _)| (login, &b""[..])))
}

const NO_WORD: &str = "no value after login, password or account";

fn is_missing(error: &Error) -> bool {
    matches!(error, Error::Read(error) if error.kind() == io::ErrorKind::NotFound)
}

/// The words of a file, and their position.
struct Words<'a> {
    rest: &'a [u8],
    line: u64,
    /// Whether only blanks precede `rest` in its line.
    line_start: bool,
}

impl Words<'_> {
    /// The next word, without its quotes.
    fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        loop {
            match self.rest.first() {
                None => return Ok(None),
                Some(b'#') if self.line_start => self.skip_line(),
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.skip(1),
                Some(b'"') => return self.quoted().map(Some),
                Some(_) => {
                    let end = self.rest.iter().position(|byte| b" \t\r\n".contains(byte));
                    let word = self.rest[..end.unwrap_or(self.rest.len())].to_vec();
                    self.skip(word.len());
                    return Ok(Some(word));
                }
            }
        }
    }

    /// The next word, which must exist.
    fn value(&mut self, missing: &'static str) -> Result<Vec<u8>, Error> {
        let line = self.line;
        let missing = Error::line(line, missing);
        self.next()?.ok_or(missing)
    }

    /// The entry of a word.
    fn entry<'a>(&self, entries: &'a mut [Entry]) -> Result<&'a mut Entry, Error> {
        let missing = || self.error("before the first machine");
        entries.last_mut().ok_or_else(missing)
    }

    fn quoted(&mut self) -> Result<Vec<u8>, Error> {
        let mut word = Vec::new();
        let mut rest = self.rest[1..].iter().copied();
        loop {
            word.push(match rest.next() {
                Some(b'"') => break,
                Some(b'\\') => match rest.next() {
                    Some(b'n') => b'\n',
                    Some(b'r') => b'\r',
                    Some(b't') => b'\t',
                    Some(byte) => byte,
                    None => return Err(self.error("unterminated quote")),
                },
                Some(byte) => byte,
                None => return Err(self.error("unterminated quote")),
            });
        }
        let left = rest.len();
        self.skip(self.rest.len() - left);
        Ok(word)
    }

    /// Skips the definition of a macro, up to an empty line.
    fn skip_macro(&mut self) {
        self.skip_line();
        while !self.rest.is_empty()
            && !self.rest.starts_with(b"\n")
            && !self.rest.starts_with(b"\r\n")
        {
            self.skip_line();
        }
    }

    fn skip_line(&mut self) {
        let end = memchr::memchr(b'\n', self.rest);
        self.skip(end.map_or(self.rest.len(), |end| end + 1));
    }

    fn skip(&mut self, n: usize) {
        for byte in &self.rest[..n] {
            self.line += u64::from(*byte == b'\n');
            self.line_start = *byte == b'\n' || (self.line_start && byte.is_ascii_whitespace());
        }
        self.rest = &self.rest[n..];
    }

    fn error(&self, cause: &'static str) -> Error {
        // The line may have a password, so it is not shown.
        Error::line(self.line, cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str, host: &str, user: Option<&str>) -> Option<(String, String)> {
        let netrc = Netrc::parse(text.as_bytes()).unwrap();
        let (login, password) = netrc.find(host, user.map(str::as_bytes))?;
        let text = |word: &[u8]| String::from_utf8(word.to_vec()).unwrap();
        Some((text(login), text(password)))
    }

    const FILE: &str = "# mine\n\
        machine a.example login me password #secret\n\
        \tmachine a.example\n  login you\n  account x\n  password \"two \\\"words\\\"\\t\"\n\
        machine other.example password lost\n\
        macdef init\nmachine macro.example login no\nbye\n\n\
        machine b.example login machine\n\
        default login anonymous password me@home\n";

    #[test]
    fn hosts_and_users() {
        let pair = |login: &str, password: &str| Some((login.to_string(), password.to_string()));
        assert_eq!(found(FILE, "a.example", None), pair("me", "#secret"));
        assert_eq!(
            found(FILE, "A.EXAMPLE", Some("you")),
            pair("you", "two \"words\"\t")
        );
        assert_eq!(found(FILE, "b.example", None), pair("machine", ""));
        for host in ["c.example", "macro.example", "other.example"] {
            assert_eq!(found(FILE, host, None), pair("anonymous", "me@home"));
        }
        assert_eq!(found(FILE, "c.example", Some("you")), None);
        assert_eq!(found("", "a.example", None), None);
    }

    #[test]
    fn malformed() {
        for (text, message) in [
            ("machine", "line 1: no name after machine"),
            ("\nlogin me", "line 2: before the first machine"),
            (
                "machine a\n\nlogin",
                "line 3: no value after login, password or account",
            ),
            ("machine a login \"me\n", "line 1: unterminated quote"),
            ("machine a login \"me\\", "line 1: unterminated quote"),
        ] {
            let error = Netrc::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }

    // case fetch-18
    #[test]
    fn unknown_words() {
        let pair = Some(("me".to_string(), "p".to_string()));
        for text in [
            "machine a port 80 login me password p",
            "machine a login me password p # the old one: password q\nmachine b",
            "machine a login me password p #\nmachine b login x",
            "x y\nmachine a\nuser me login me password p",
            "MACHINE a Login me PASSWORD p",
        ] {
            assert_eq!(found(text, "a", None), pair, "{text}");
        }
    }

    // case fetch-25
    #[test]
    fn incomplete_entries() {
        let pair = Some(("ann".to_string(), "p".to_string()));
        for text in [
            "machine h login ann\nmachine h login ann password p",
            "machine h password q\nmachine h login ann password p",
            "machine h\ndefault login bob password q\nmachine h login ann password p",
        ] {
            assert_eq!(found(text, "h", None), pair, "{text}");
            assert_eq!(found(text, "h", Some("ann")), pair, "{text}");
        }
        let bare = found(
            "machine h login ann\ndefault login bob password q",
            "h",
            None,
        );
        assert_eq!(bare, Some(("ann".to_string(), String::new())));
    }

    #[test]
    fn which_file() {
        let home = tempfile::tempdir().unwrap();
        let other = home.path().join("other");
        let env = |netrc: &str| {
            let (netrc, home) = (OsString::from(netrc), home.path().into());
            move |name: &str| match name {
                "NETRC" => Some(netrc.clone()),
                "HOME" => Some(OsString::clone(&home)),
                _ => None,
            }
        };
        assert_eq!(Netrc::from_env(|_| None).unwrap(), Netrc::default());
        assert_eq!(Netrc::from_env(env("")).unwrap(), Netrc::default());
        fs::write(home.path().join(".netrc"), "default login a\nlogin").unwrap();
        let error = Netrc::from_env(env("")).unwrap_err().to_string();
        assert!(error.contains(".netrc: line 2: "), "{error}");
        let error = Netrc::from_env(env(other.to_str().unwrap())).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("other: No such file or directory")
        );
        fs::write(&other, "default login b").unwrap();
        let netrc = Netrc::from_env(env(other.to_str().unwrap())).unwrap();
        assert_eq!(netrc.find("x", None), Some((&b"b"[..], &b""[..])));
    }

    fn quoted(word: &[u8]) -> Vec<u8> {
        let mut text = vec![b'"'];
        for &byte in word {
            match byte {
                b'"' | b'\\' => text.extend([b'\\', byte]),
                b'\n' => text.extend(b"\\n"),
                byte => text.push(byte),
            }
        }
        text.push(b'"');
        text
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            entries in prop::collection::vec((
                prop::option::of("[a-z.]{1,9}"), any::<Option<Vec<u8>>>(), any::<Option<Vec<u8>>>(),
            ), 0..9),
            gap in prop::sample::select(vec![" ", "\n", "\r\n\t", "\n# machine x\n", "\nmacdef m\nlogin\n\n"]),
        ) {
            let (mut text, mut written) = (Vec::new(), Vec::new());
            for (host, login, password) in entries {
                match &host {
                    Some(host) => text.extend(format!("machine {host}").bytes()),
                    None => text.extend(b"default"),
                }
                for (name, word) in [("login", &login), ("password", &password)] {
                    if let Some(word) = word {
                        text.extend(format!("{gap}{name} ").bytes());
                        text.extend(quoted(word));
                    }
                }
                text.extend(gap.bytes());
                written.push(Entry { host: host.map(String::into_bytes), login, password });
            }
            prop_assert_eq!(Netrc::parse(&text).unwrap(), Netrc(written));
        }

        #[test]
        fn any_file(
            bytes: Vec<u8>,
            words in prop::collection::vec(prop::sample::select(vec![
                "machine ", "default", "login", "macdef", "\n", "\"", "\\", "#", "é", " ", "\r\n", "password a",
            ]), 0..30),
        ) {
            let _ = Netrc::parse(&bytes);
            let _ = Netrc::parse(words.concat().as_bytes());
        }
    }
}
