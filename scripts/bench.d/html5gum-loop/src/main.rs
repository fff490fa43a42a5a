//! What `links` and `untag` are measured against: html5gum reads a page and counts its `a`.

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{IoReader, Span, Tokenizer};
use std::convert::Infallible;
use std::fs::File;
use std::io;

fn main() -> io::Result<()> {
    let path = std::env::args_os().nth(1).expect("html5gum-loop FILE");
    let mut links = 0u64;
    let count = |event: CallbackEvent<'_>, _: Span<()>| -> Option<Infallible> {
        links += u64::from(matches!(event, CallbackEvent::OpenStartTag { name: b"a" }));
        None
    };
    let mut emitter = CallbackEmitter::new(count);
    // Scripts and the like contain no tags.
    emitter.naively_switch_states(true);
    for token in Tokenizer::new_with_emitter(IoReader::new(File::open(path)?), emitter) {
        match token? {}
    }
    println!("{links}");
    Ok(())
}
