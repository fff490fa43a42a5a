//! The header fields and the credentials of the user: `-H`, `-A` and `--user`.
//!
//! All values are checked when the options are parsed: no value can end a line of a
//! request. Error messages are a few words each.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::str::FromStr;
use ureq::http::header::{self, HeaderName, HeaderValue};

/// Fields that `fetch` sets itself: they frame a message, or select a part of a body.
const RESERVED: &[HeaderName] = &[
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

/// A header field of the user, `-H`: `Name: value`, `Name;` for an empty value, or `Name:`
/// to leave out a field that `fetch` sends by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub(crate) name: HeaderName,
    /// None leaves the field out.
    pub(crate) value: Option<HeaderValue>,
}

impl Field {
    /// The name of the field, in lower case.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The value of the field; None if the field is left out.
    pub fn value(&self) -> Option<&[u8]> {
        self.value.as_ref().map(HeaderValue::as_bytes)
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
        if RESERVED.contains(&name) {
            return Err("a header field that fetch sets itself");
        }
        if name == header::HOST {
            match value {
                None | Some("") => return Err("every request has a Host"),
                Some(value) if value.contains(char::is_whitespace) => return Err("invalid host"),
                Some(_) => {}
            }
        }
        let value = value.map(checked).transpose()?;
        Ok(Field { name, value })
    }
}

/// The field User-Agent with this value; an empty value leaves the field out.
pub fn user_agent(text: &str) -> Result<Field, &'static str> {
    let value = Some(text).filter(|text| !text.is_empty());
    Ok(Field {
        name: header::USER_AGENT,
        value: value.map(checked).transpose()?,
    })
}

/// A value without control characters: CR and LF would end the line.
fn checked(value: &str) -> Result<HeaderValue, &'static str> {
    HeaderValue::from_bytes(value.as_bytes()).map_err(|_| "a control character in a header field")
}

/// A user's name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    name: String,
    password: String,
}

/// Leaves out the password, so that no log contains it.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").finish_non_exhaustive()
    }
}

impl FromStr for User {
    type Err = &'static str;

    /// Parses `NAME:PASSWORD`; the password may contain colons.
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
    pub(crate) fn authorization(&self) -> HeaderValue {
        basic(self.name.as_bytes(), self.password.as_bytes())
    }
}

/// The credentials for the scheme Basic, RFC 7617, marked as sensitive, so that no log
/// contains them.
pub(crate) fn basic(name: &[u8], password: &[u8]) -> HeaderValue {
    let pair = [name, b":", password].concat();
    let value = format!("Basic {}", BASE64_STANDARD.encode(pair));
    // Every character of Base64 is valid in a header value.
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
        let value = Some(HeaderValue::from_bytes(value.as_bytes()).unwrap());
        let name = HeaderName::from_str(name).unwrap();
        Ok(Field { name, value })
    }

    fn left_out(name: HeaderName) -> Result<Field, &'static str> {
        Ok(Field { name, value: None })
    }

    #[test]
    fn fields() {
        assert_eq!("X-Key: a: b".parse(), set("x-key", "a: b"));
        assert_eq!("Accept:\t*/*  ".parse(), set("accept", "*/*"));
        assert_eq!("X-é: a".parse::<Field>(), Err("invalid header name"));
        assert_eq!("X-Name: é".parse(), set("x-name", "é"));
        assert_eq!("X-Empty;".parse(), set("x-empty", ""));
        assert_eq!("Accept:".parse(), left_out(header::ACCEPT));
        assert_eq!("accept: ".parse(), left_out(header::ACCEPT));
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
        assert_eq!(user_agent(""), left_out(header::USER_AGENT));
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
            if let Ok(field) = text.parse::<Field>() {
                let line = [field.name().as_bytes(), field.value().unwrap_or_default()].concat();
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
