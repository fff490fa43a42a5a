//! The URLs in a list of images: `small.png 1x, large.png 2x`.

/// The URLs of a `srcset` (HTML standard, 4.8.4.2.2). Sizes and errors are skipped.
pub fn urls(mut list: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let start = list
            .iter()
            .position(|b| !b.is_ascii_whitespace() && *b != b',')?;
        list = &list[start..];
        let end = list.iter().position(u8::is_ascii_whitespace);
        let (word, rest) = list.split_at(end.unwrap_or(list.len()));
        let commas = word.iter().rev().take_while(|b| **b == b',').count();
        let url = &word[..word.len() - commas];
        // Without a comma after the URL, its size follows, up to the next comma
        // outside parentheses.
        let mut inside = false;
        let after = match commas {
            0 => rest.iter().position(|byte| {
                inside = if inside { *byte != b')' } else { *byte == b'(' };
                *byte == b',' && !inside
            }),
            _ => Some(0),
        };
        list = &rest[after.unwrap_or(rest.len())..];
        Some(url)
    })
}

#[cfg(test)]
mod tests {
    fn found(list: &str) -> Vec<&str> {
        let urls = super::urls(list.as_bytes());
        urls.map(|url| std::str::from_utf8(url).unwrap()).collect()
    }

    #[test]
    fn lists() {
        assert_eq!(found("a.png"), ["a.png"]);
        assert_eq!(
            found(" a.png 1x,b.png 2x , c.png"),
            ["a.png", "b.png", "c.png"]
        );
        assert_eq!(found("a.png,b.png c.png,, d"), ["a.png,b.png", "d"]);
        assert_eq!(found("a,, b (x, y) z, c"), ["a", "b", "c"]);
        assert_eq!(found("data:,a ( , b"), ["data:,a"]);
        assert!(found(" , ").is_empty());
    }
}
