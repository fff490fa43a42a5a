//! What users say about the request's header: `-H`, `-A` and `--user`.
//!
//! Everything is checked when the command line is read, so that nothing can end
//! a line of the request but we. The errors are a few words each.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::str::FromStr;
use ureq::http::header::{self, HeaderName, HeaderValue};

/// Fields that `fetch` itself must be able to rely on: they say where a message
/// ends, and which part of a body it is.
const OURS: &[HeaderName] = &[
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::IF_RANGE,
    header::RANGE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// One `-H`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// `Name: value`, or `Name;` for an empty value.
    Set(HeaderName, HeaderValue),
    /// `Name:` leaves out a field that would be sent otherwise.
    Leave(HeaderName),
}

impl Field {
    /// The name of the field.
    pub fn name(&self) -> &HeaderName {
        let (Field::Set(name, _) | Field::Leave(name)) = self;
        name
    }
}

impl FromStr for Field {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Field, Self::Err> {
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (
                name,
                Some(value.trim_matches([' ', '\t'])).filter(|value| !value.is_empty()),
            ),
            None => (
                text.strip_suffix(';')
                    .ok_or("invalid header field (use 'Name: value')")?,
                Some(""),
            ),
        };
        let name = HeaderName::from_str(name).map_err(|_| "invalid header name")?;
        if OURS.contains(&name) {
            return Err("a header field that fetch sets itself");
        }
        let has_blank = value.is_some_and(|value| value.contains(char::is_whitespace));
        match value {
            Some(_) if name == header::HOST && has_blank => Err("invalid host"),
            Some("") | None if name == header::HOST => Err("every request has a Host"),
            Some(value) => Ok(Field::Set(name, checked(value)?)),
            None => Ok(Field::Leave(name)),
        }
    }
}

/// The value of User-Agent; an empty one leaves the field out.
pub fn user_agent(text: &str) -> Result<Field, &'static str> {
    Ok(match text {
        "" => Field::Leave(header::USER_AGENT),
        text => Field::Set(header::USER_AGENT, checked(text)?),
    })
}

fn checked(value: &str) -> Result<HeaderValue, &'static str> {
    // Control characters, CR and LF among them, are what this refuses.
    HeaderValue::from_bytes(value.as_bytes()).map_err(|_| "a control character in a header field")
}

/// A user's name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    name: String,
    password: String,
}

/// Nobody logs a password by accident.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").finish_non_exhaustive()
    }
}

impl FromStr for User {
    type Err = &'static str;

    /// Reads `NAME:PASSWORD`; the password may have colons in it.
    fn from_str(text: &str) -> Result<User, Self::Err> {
        let (name, password) = text
            .split_once(':')
            .ok_or("no password (like 'name:password')")?;
        if text.chars().any(char::is_control) {
            return Err("a control character in a name or password");
        }
        Ok(User {
            name: name.to_string(),
            password: password.to_string(),
        })
    }
}

impl User {
    /// The value of Authorization.
    pub(super) fn authorization(&self) -> HeaderValue {
        basic(self.name.as_bytes(), self.password.as_bytes())
    }
}

/// The credentials for the scheme Basic, RFC 7617. They are marked as
/// sensitive, so that no log shows them.
pub(super) fn basic(name: &[u8], password: &[u8]) -> HeaderValue {
    let pair = [name, b":", password].concat();
    let value = format!("Basic {}", BASE64_STANDARD.encode(pair));
    // Base64 has no character that a header cannot have.
    let value = HeaderValue::try_from(value);
    let mut value = value.unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(name: &str, value: &str) -> Result<Field, &'static str> {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        Ok(Field::Set(HeaderName::from_str(name).unwrap(), value))
    }

    #[test]
    fn fields() {
        assert_eq!("X-Key: a: b".parse(), set("x-key", "a: b"));
        assert_eq!("Accept:\t*/*  ".parse(), set("accept", "*/*"));
        assert_eq!("X-é: a".parse::<Field>(), Err("invalid header name"));
        assert_eq!("X-Name: é".parse(), set("x-name", "é"));
        assert_eq!("X-Empty;".parse(), set("x-empty", ""));
        assert_eq!("Accept:".parse(), Ok(Field::Leave(header::ACCEPT)));
        assert_eq!("accept: ".parse(), Ok(Field::Leave(header::ACCEPT)));
        for (bad, why) in [
            ("", "invalid header field (use 'Name: value')"),
            ("Name", "invalid header field (use 'Name: value')"),
            (": value", "invalid header name"),
            ("Na me: value", "invalid header name"),
            ("Name : value", "invalid header name"),
            ("Host: exa mple", "invalid host"),
            ("A: b\r\nC: d", "a control character in a header field"),
            ("A: b\nc", "a control character in a header field"),
            ("A: b\0", "a control character in a header field"),
            ("A\r\nB: c", "invalid header name"),
            ("range: bytes=0-1", "a header field that fetch sets itself"),
            (
                "Transfer-Encoding:",
                "a header field that fetch sets itself",
            ),
        ] {
            assert_eq!(bad.parse::<Field>(), Err(why), "{bad:?}");
        }
        assert_eq!(user_agent("me/1"), set("user-agent", "me/1"));
        assert_eq!(user_agent(""), Ok(Field::Leave(header::USER_AGENT)));
        assert!(user_agent("me\r\nX: y").is_err());
    }

    #[test]
    fn users() {
        // The example of RFC 7617, section 2.
        let user: User = "Aladdin:open sesame".parse().unwrap();
        assert_eq!(user.authorization(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(
            format!("{user:?} {:?}", user.authorization()),
            "User { .. } Sensitive"
        );
        let user: User = ":a:b".parse().unwrap();
        assert_eq!((user.name.as_str(), user.password.as_str()), ("", "a:b"));
        assert!("name".parse::<User>().is_err());
        assert!("name:a\nb".parse::<User>().is_err());
    }

    proptest! {
        #[test]
        fn a_field_never_ends_its_line(text in "(\\PC|[\r\n\t\0:; a-z]){0,30}") {
            if let Ok(Field::Set(name, value)) = text.parse::<Field>() {
                let line = [name.as_str().as_bytes(), value.as_bytes()].concat();
                prop_assert!(!line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
            }
            let _ = user_agent(&text);
            let _ = text.parse::<User>();
        }

        #[test]
        fn any_name_and_password(name: Vec<u8>, password: Vec<u8>) {
            let value = basic(&name, &password);
            let coded = value.as_bytes().strip_prefix(b"Basic ").unwrap();
            let pair = BASE64_STANDARD.decode(coded).unwrap();
            prop_assert_eq!(pair, [&name[..], b":", &password[..]].concat());
        }
    }
}
