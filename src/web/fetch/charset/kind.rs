//! The kinds of text: where the charset of each may be declared.

/// The kind of text of a content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Html,
    Xml,
    Json,
    Text,
    /// Text that is UTF-8 whatever the header says: event streams (HTML), RFC 6350, RFC 5545.
    Utf8,
}

impl Kind {
    /// None if the type is not text. `essence` is in lower case, without parameters.
    pub(crate) fn of(essence: &str) -> Option<Kind> {
        match essence {
            "text/html" => Some(Kind::Html),
            "text/event-stream" | "text/vtt" | "text/vcard" | "text/calendar" => Some(Kind::Utf8),
            "text/xml" | "application/xml" => Some(Kind::Xml),
            "application/json" | "text/json" => Some(Kind::Json),
            "application/javascript" | "application/ecmascript" | "application/x-javascript" => {
                Some(Kind::Text)
            }
            _ if essence.ends_with("+xml") => Some(Kind::Xml),
            _ if essence.ends_with("+json") => Some(Kind::Json),
            _ if essence.starts_with("text/") => Some(Kind::Text),
            _ => None,
        }
    }
}
