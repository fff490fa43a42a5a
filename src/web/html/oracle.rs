//! Another parser to compare with: html5ever, whose tree builder controls its tokenizer.
//! And tag soup for both.

use crate::common::arbitrary;
use html5ever::interface::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tendril::TendrilSink;
use html5ever::tokenizer::{
    self, BufferQueue, TagKind, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{ParseOpts, ns, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use proptest::collection::vec;
use proptest::prelude::*;
use std::cell::RefCell;

/// The tokens of a page, texts joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    Text(Vec<u8>),
    Start(String, Vec<(String, String)>, bool),
    End(String),
    Comment(String),
    Doctype,
}

/// Passes tokens on to the tree builder, and keeps them.
struct Both {
    tree: TreeBuilder<Handle, RcDom>,
    tokens: RefCell<Vec<(Token, bool)>>,
}

impl TokenSink for Both {
    type Handle = Handle;

    fn process_token(&self, token: tokenizer::Token, line: u64) -> TokenSinkResult<Handle> {
        let kept = match &token {
            tokenizer::Token::TagToken(tag) => {
                let name = tag.name.to_string();
                let attributes = tag.attrs.iter();
                let attributes =
                    attributes.map(|a| (a.name.local.to_string(), a.value.to_string()));
                Some(match tag.kind {
                    TagKind::StartTag => Token::Start(name, attributes.collect(), tag.self_closing),
                    TagKind::EndTag => Token::End(name),
                })
            }
            tokenizer::Token::CharacterTokens(text) => Some(Token::Text(text.as_bytes().to_vec())),
            tokenizer::Token::NullCharacterToken => Some(Token::Text(vec![0])),
            tokenizer::Token::CommentToken(text) => Some(Token::Comment(text.to_string())),
            tokenizer::Token::DoctypeToken(_) => Some(Token::Doctype),
            tokenizer::Token::EOFToken | tokenizer::Token::ParseError(_) => None,
        };
        let foreign = self.adjusted_current_node_present_but_not_in_html_namespace();
        let result = self.tree.process_token(token, line);
        // A tag that ends foreign content is none of it.
        let foreign = foreign && self.adjusted_current_node_present_but_not_in_html_namespace();
        let mut tokens = self.tokens.borrow_mut();
        match (kept, tokens.last_mut()) {
            (Some(Token::Text(text)), Some((Token::Text(last), _))) => last.extend(text),
            (Some(token), _) => tokens.push((token, foreign)),
            (None, _) => {}
        }
        result
    }

    fn end(&self) {
        self.tree.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.tree
            .adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// The tokens of a page, and which of them are not HTML but SVG or MathML.
pub fn tokens(page: &str) -> Vec<(Token, bool)> {
    let options = TreeBuilderOpts {
        scripting_enabled: false,
        ..Default::default()
    };
    let sink = Both {
        tree: TreeBuilder::new(RcDom::default(), options),
        tokens: RefCell::default(),
    };
    let options = TokenizerOpts {
        discard_bom: false,
        ..Default::default()
    };
    let tokenizer = Tokenizer::new(sink, options);
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(page));
    while let TokenizerResult::Script(_) = tokenizer.feed(&input) {}
    tokenizer.end();
    tokenizer.sink.tokens.take()
}

/// The `href` of the first base element in the tree of a page that has one, and
/// whether it stands in the head.
pub fn base(page: &str) -> Option<(String, bool)> {
    fn search(node: &Handle, in_head: bool) -> Option<(String, bool)> {
        let mut is_head = false;
        if let NodeData::Element { name, attrs, .. } = &node.data {
            is_head = &*name.local == "head";
            let attributes = attrs.borrow();
            let href = attributes.iter().find(|a| &*a.name.local == "href");
            if name.ns == ns!(html) && &*name.local == "base" && href.is_some() {
                return href.map(|href| (href.value.to_string(), in_head));
            }
        }
        let children = node.children.borrow();
        children.iter().find_map(|child| search(child, is_head))
    }
    search(&tree(page).document, false)
}

fn tree(page: &str) -> RcDom {
    let options = TreeBuilderOpts {
        scripting_enabled: false,
        ..Default::default()
    };
    let options = ParseOpts {
        tree_builder: options,
        ..Default::default()
    };
    parse_document(RcDom::default(), options).one(page)
}

/// The text in the tree of a page that HTML's style sheet does not hide.
pub fn shown(page: &str) -> String {
    const BLOCKS: &[&str] = &[
        "div", "section", "details", "dialog", "h1", "p", "summary", "ul", "li", "dl", "dt", "dd",
    ];
    fn walk(node: &Handle, shown: &mut String) {
        let children = node.children.borrow();
        let NodeData::Element { name, attrs, .. } = &node.data else {
            if let NodeData::Text { contents } = &node.data {
                *shown += &contents.borrow();
            }
            return children.iter().for_each(|child| walk(child, shown));
        };
        let attributes = attrs.borrow();
        let value = |known: &str| {
            let found = attributes.iter().find(|a| &*a.name.local == known);
            found.map(|a| a.value.to_string())
        };
        let (local, is_html) = (&*name.local, name.ns == ns!(html));
        let is_open = value("open").is_some();
        let until_found = value("hidden").as_deref() == Some("until-found");
        let hides = match is_html {
            true => {
                value("hidden").is_some() && (!until_found || BLOCKS.contains(&local))
                    || value("popover").is_some() && !(local == "dialog" && is_open)
                    || local == "dialog" && !is_open
                    || ["datalist", "rp", "title", "style", "script", "template"].contains(&local)
            }
            false => ["title", "desc", "style", "script"].contains(&local),
        };
        if hides {
            return;
        }
        let is_summary = |child: &&Handle| match &child.data {
            NodeData::Element { name, .. } => &*name.local == "summary",
            _ => false,
        };
        match is_html && local == "details" && !is_open {
            true => children
                .iter()
                .filter(is_summary)
                .take(1)
                .for_each(|child| walk(child, shown)),
            false => children.iter().for_each(|child| walk(child, shown)),
        }
    }
    let mut text = String::new();
    walk(&tree(page).document, &mut text);
    text
}

/// Pieces of markup: whole, broken, and what tokenizers stumble over.
const PIECES: &[&str] = &[
    " ",
    "\n",
    "\r",
    "\r\n",
    "\t",
    "a",
    "b c",
    "é",
    "x=y",
    "\0",
    "<",
    ">",
    "/",
    "\"",
    "'",
    "=",
    "&",
    "-",
    "--",
    "!",
    "]]>",
    ";",
    "&amp;",
    "&amp",
    "&lt;b&gt;",
    "&eacute",
    "&#65;",
    "&#x20;",
    "&#",
    "&notit;",
    "<!--",
    "-->",
    "--!>",
    "<!-->",
    "<!--->",
    "<!-- x -->",
    "<!",
    "<!x>",
    "<?php ?>",
    "<![CDATA[",
    "<!DOCTYPE html>",
    "<!doctype",
    "</",
    "</>",
    "</ x>",
    "<a>",
    "</a>",
    "<a href=x>",
    "<a href='y z'>",
    "<a href=\"?a=1&copy=2&amp;b\">",
    "<A HREF = X/>",
    "<a href=../u href=v>",
    "<a id=i name=n href=#f>",
    "<a\nhref\n=\n' q '\n>",
    "<a href>",
    "<a href=\"",
    "<a href=http://[>",
    "<a href=mailto:a@b>",
    "<a href=a@b>",
    "<img src=p.png>",
    "<img src=''>",
    "<a xlink:href=no>",
    "<image href=no src=is>",
    "<input src=no type=text>",
    "<button formaction=bf>",
    "<body background=bb>",
    "<img src=\"p\nq.png\" alt='>'>",
    "<base href=/base/>",
    "<base>",
    "<base href=//h2/>",
    "<area href=ar>",
    "<link rel=stylesheet href=l>",
    "<link href=l rel='x preconnect'>",
    "<iframe src=if>",
    "</iframe>",
    "<script src=s>",
    "<script>",
    "</script>",
    "</script ",
    "<script><!--<script>",
    "</SCRIPT\n>",
    "<style>",
    "</style>",
    "a{b:url(c.png)}",
    "<div style=b:url(d)>",
    "<title>",
    "</title>",
    "<textarea>",
    "</textarea>",
    "<xmp>",
    "</xmp>",
    "<noscript>",
    "</noscript>",
    "<noembed>",
    "</noembed>",
    "<template>",
    "</template>",
    "<meta http-equiv=refresh content='0;url=m'>",
    "<form action=f>",
    "</form>",
    "<video poster=p src=v>",
    "<object data=o>",
    "<source srcset='s1 1x, s2 2x'>",
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<br>",
    "</br>",
    "<pre>",
    "</pre>",
    "<ul><li>",
    "<li>",
    "</ul>",
    "<b>",
    "</b>",
    "<h1>",
    "</h1>",
    "<svg/>",
    "<image href=im>",
    "<title/>",
    "<script/>",
    "<style/>",
];

/// SVG and MathML, each piece whole, or left by what cannot stand in it. Where
/// it is closed by the end tag of something around it, only a tree can tell:
/// there we differ.
const FOREIGN: &[&str] = &[
    "<svg>",
    "<svg><g>",
    "<math>",
    "<svg><svg></svg>",
    "<math><mi><b>m</b></mi>",
    "<math><mtext><style><i></style></mtext>",
];
const IN_FOREIGN: &[&str] = &[
    "x",
    " ",
    "<title>t<b>u</b></title>",
    "<title/>",
    "<style>a<c>{b:url(c.png)}</style>",
    "<style/>",
    "<script>a<c></script>",
    "<script src=s />",
    "<script/>",
    "<![CDATA[ <a href=no> ]]>",
    "<image href=im src=no />",
    "<image xlink:href=xi>",
    "<use href=us />",
    "<a xlink:href=xa></a>",
    "<text>te</text>",
    "<g>",
    "<desc>d<p>e</p></desc>",
    "<foreignObject><p><a href=fo></a></p>\
     <script>if (a<b) c</script></foreignObject>",
    "<base href=/no/ />",
    "<!-- <a href=no> -->",
];
const BEHIND_FOREIGN: &[&str] = &["<p>", "<div>", "<br>", "<img src=bf>", "<ul><li>"];

fn foreign() -> impl Strategy<Value = String> {
    let inner = vec(prop::sample::select(IN_FOREIGN), 0..6);
    let end = prop::option::of(prop::sample::select(BEHIND_FOREIGN));
    (prop::sample::select(FOREIGN), inner, end).prop_map(|(start, inner, end)| {
        let inner = inner.concat();
        let end = end.unwrap_or(if start.starts_with("<svg") {
            "</svg>"
        } else {
            "</math>"
        });
        format!("{start}{inner}{end}")
    })
}

/// Anything: tag soup and bytes that are none.
pub fn page() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![soup().prop_map(String::into_bytes), arbitrary::text()];
    vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

/// Tag soup.
pub fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        12 => prop::sample::select(PIECES).prop_map(str::to_string),
        1 => foreign(),
    ];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}
