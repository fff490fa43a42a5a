//! The URL of a refresh: `5; url=page.html`.

/// The URL in the value of `<meta http-equiv=refresh>` or of the header field (HTML
/// standard, 4.2.5.3, shared declarative refresh steps).
pub(crate) fn url(value: &[u8]) -> Option<&[u8]> {
    let value = value.trim_ascii_start();
    let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 && value.first() != Some(&b'.') {
        return None;
    }
    let is_number = |b: &&u8| b.is_ascii_digit() || **b == b'.';
    let rest = &value[value.iter().take_while(is_number).count()..];
    if !matches!(
        rest.first()?,
        b';' | b',' | b'\t' | b'\n' | b'\x0C' | b'\r' | b' '
    ) {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let separated = rest.strip_prefix(b";").or(rest.strip_prefix(b","));
    let rest = separated.unwrap_or(rest).trim_ascii_start();
    let url = after_name(rest).unwrap_or(rest);
    let url = match url.first() {
        Some(quote @ (b'"' | b'\'')) => url[1..].split(|b| b == quote).next()?,
        _ => url,
    };
    (!url.is_empty()).then_some(url)
}

/// What follows `url =`.
fn after_name(text: &[u8]) -> Option<&[u8]> {
    let (name, rest) = text.split_at_checked(3)?;
    let value = rest.trim_ascii_start().strip_prefix(b"=")?;
    name.eq_ignore_ascii_case(b"url")
        .then(|| value.trim_ascii_start())
}
