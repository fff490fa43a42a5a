//! The tokenizer, compared with html5lib's tests and, on tag soup, with html5ever.

use super::oracle::{self, Token};
use super::{Content, Name, Sink, Tokenizer, character};
use crate::common::arbitrary;
use proptest::prelude::*;
use serde_json::Value;

/// Collects all events.
#[derive(Default)]
struct Collect {
    tokens: Vec<Token>,
    tag: String,
    is_end: bool,
    attributes: Vec<(String, Vec<u8>)>,
    comment: Vec<u8>,
    cdata: bool,
}

fn string(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

impl Sink for Collect {
    fn wants_text(&self) -> bool {
        true
    }
    fn text(&mut self, text: &[u8]) {
        // Pieces may end within a character where a test cuts there.
        match self.tokens.last_mut() {
            Some(Token::Text(last)) => last.extend_from_slice(text),
            _ => self.tokens.push(Token::Text(text.to_vec())),
        }
    }
    fn tag(&mut self, name: &Name, is_end: bool) -> bool {
        self.tag = string(name.as_bytes());
        self.is_end = is_end;
        self.attributes.clear();
        true
    }
    fn attribute(&mut self, name: &Name) -> bool {
        self.attributes.push((string(name.as_bytes()), Vec::new()));
        true
    }
    fn value(&mut self, raw: &[u8]) {
        self.attributes.last_mut().unwrap().1.extend_from_slice(raw);
    }
    fn tag_end(&mut self, closes_itself: bool) -> Content {
        let mut attributes: Vec<(String, String)> = Vec::new();
        for (name, raw) in self.attributes.drain(..) {
            if !attributes.iter().any(|(known, _)| *known == name) {
                attributes.push((name, string(&character::value(&raw))));
            }
        }
        let name = std::mem::take(&mut self.tag);
        self.tokens.push(match self.is_end {
            true => Token::End(name),
            false => Token::Start(name, attributes, closes_itself),
        });
        Content::Data
    }
    fn has_cdata(&self) -> bool {
        self.cdata
    }
    fn comment(&mut self, text: &[u8]) {
        self.comment.extend_from_slice(text);
    }
    fn comment_end(&mut self) {
        let comment = string(&std::mem::take(&mut self.comment));
        let comment = comment.replace("\r\n", "\n").replace('\r', "\n");
        self.tokens
            .push(Token::Comment(comment.replace('\0', "\u{FFFD}")));
    }
    fn doctype(&mut self) {
        self.tokens.push(Token::Doctype);
    }
}

/// The tokens of a text that comes in blocks of these sizes, over and over.
fn tokens(mut tokenizer: Tokenizer, text: &[u8], cuts: &[usize], cdata: bool) -> Vec<Token> {
    let mut sink = Collect {
        cdata,
        ..Collect::default()
    };
    let mut rest = text;
    for cut in cuts.iter().cycle() {
        let (block, after) = rest.split_at((*cut).min(rest.len()));
        tokenizer.block(block, &mut sink);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    tokenizer.end(&mut sink);
    sink.tokens
}

/// `\uD83D\uDE00` in a text; nothing for a half of a pair alone.
fn unescaped(text: &str) -> Option<String> {
    let mut units = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\u") {
        units.extend(rest[..at].encode_utf16());
        units.push(u16::from_str_radix(&rest[at + 2..at + 6], 16).unwrap());
        rest = &rest[at + 6..];
    }
    units.extend(rest.encode_utf16());
    String::from_utf16(&units).ok()
}

/// A token as html5lib writes it.
fn expected(token: &Value, text: impl Fn(&Value) -> Option<String>) -> Option<Token> {
    Some(match token[0].as_str().unwrap() {
        "DOCTYPE" => Token::Doctype,
        "Comment" => Token::Comment(text(&token[1])?),
        "Character" => Token::Text(text(&token[1])?.into_bytes()),
        "EndTag" => Token::End(text(&token[1])?),
        "StartTag" => {
            let attributes = token[2].as_object().unwrap().iter();
            let attributes =
                attributes.map(|(name, value)| Some((text(&name.clone().into())?, text(value)?)));
            let attributes: Option<Vec<_>> = attributes.collect();
            Token::Start(text(&token[1])?, attributes?, token[3] == true)
        }
        kind => panic!("{kind}"),
    })
}

/// Attributes by name, since html5lib's have no order.
fn sorted(mut tokens: Vec<Token>) -> Vec<Token> {
    for token in &mut tokens {
        if let Token::Start(_, attributes, _) = token {
            attributes.sort();
        }
    }
    tokens
}

#[test]
fn html5lib_agrees() {
    let tests = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/html5lib/tokenizer.jsonl"
    ));
    let (mut passed, mut skipped) = (0, 0);
    for line in tests.lines() {
        let test: Value = serde_json::from_str(line).unwrap();
        let text = |value: &Value| match test["escaped"] == true {
            true => unescaped(value.as_str().unwrap()),
            false => Some(value.as_str().unwrap().to_string()),
        };
        let output = test["output"].as_array().unwrap().iter();
        let output: Option<Vec<Token>> = output.map(|token| expected(token, text)).collect();
        // Half a surrogate pair is no UTF-8.
        let (Some(input), Some(output)) = (text(&test["input"]), output) else {
            skipped += 1;
            continue;
        };
        let mut output = sorted(output);
        output.dedup_by(|next, last| match (last, next) {
            (Token::Text(last), Token::Text(next)) => {
                last.append(next);
                true
            }
            _ => false,
        });
        let states = test["states"].as_array().cloned();
        for state in states.unwrap_or(vec!["Data state".into()]) {
            let last = test["last"].as_str().unwrap_or_default();
            let start = || Tokenizer::at(state.as_str().unwrap(), last);
            let cdata = state == "CDATA section state";
            for cuts in [&[usize::MAX][..], &[1], &[2, 3], &[5, 1, 7]] {
                let found = sorted(tokens(start(), input.as_bytes(), cuts, cdata));
                assert_eq!(found, output, "{state} {cuts:?} {line}");
            }
            passed += 1;
        }
    }
    assert!(passed >= 7000 && skipped <= 20, "{passed} {skipped}");
}

impl Tokenizer {
    /// In a state that html5lib names, after a start tag.
    fn at(state: &str, last: &str) -> Self {
        let mut tokenizer = Tokenizer::new();
        tokenizer.element.push(last.as_bytes());
        tokenizer.content = match state {
            "Data state" => Content::Data,
            "RCDATA state" => Content::Rcdata,
            "RAWTEXT state" => Content::Rawtext,
            "Script data state" => Content::Script,
            "PLAINTEXT state" => Content::Plaintext,
            "CDATA section state" => {
                tokenizer.state = super::tokenizer::State::Cdata;
                Content::Data
            }
            state => panic!("{state}"),
        };
        tokenizer
    }
}

/// The same with a context that says what follows a tag.
struct InContext {
    collect: Collect,
    context: super::Context,
}

impl Sink for InContext {
    fn wants_text(&self) -> bool {
        true
    }
    fn text(&mut self, text: &[u8]) {
        self.collect.text(text);
    }
    fn tag(&mut self, name: &Name, is_end: bool) -> bool {
        self.collect.tag(name, is_end)
    }
    fn attribute(&mut self, name: &Name) -> bool {
        self.collect.attribute(name)
    }
    fn value(&mut self, raw: &[u8]) {
        self.collect.value(raw);
    }
    fn tag_end(&mut self, closes_itself: bool) -> Content {
        let mut name = Name::new();
        name.push(self.collect.tag.as_bytes());
        let element = super::Element::named(&name);
        self.collect.tag_end(closes_itself);
        if self.collect.is_end {
            self.context.close(element);
            return Content::Data;
        }
        self.context.open(element, closes_itself, false).0
    }
    fn has_cdata(&self) -> bool {
        self.context.is_foreign()
    }
    fn comment(&mut self, text: &[u8]) {
        self.collect.comment(text);
    }
    fn comment_end(&mut self) {
        self.collect.comment_end();
    }
    fn doctype(&mut self) {
        self.collect.doctype();
    }
}

proptest! {
    /// Also after scripts, styles and the like, and in SVG, where only a tree
    /// builder can tell what kind of text follows.
    #[test]
    fn html5ever_agrees(soup in oracle::soup(), cuts in arbitrary::cuts()) {
        let mut sink = InContext { collect: Collect::default(), context: Default::default() };
        let mut tokenizer = Tokenizer::new();
        let mut rest = soup.as_bytes();
        for cut in cuts.iter().cycle() {
            let (block, after) = rest.split_at((*cut).min(rest.len()));
            tokenizer.block(block, &mut sink);
            rest = after;
            if rest.is_empty() { break; }
        }
        tokenizer.end(&mut sink);
        let expected: Vec<Token> = oracle::tokens(&soup).into_iter().map(|(token, _)| token).collect();
        prop_assert_eq!(sink.collect.tokens, expected);
    }
}
