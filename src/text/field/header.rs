//! Names of columns: the first record of CSV, and the `#Fields:` lines of W3C logs.

use super::Fault;
use super::list::{Columns, Item, Selection};
use crate::common::error::Error;
use crate::common::show::escaped;

/// Items of a LIST that wait for the names of the columns.
#[derive(Debug)]
pub struct Header {
    items: Vec<Item>,
    is_there: bool,
}

/// How much of the names an error line shows, in bytes.
const SHOWN: usize = 1000;

impl Header {
    /// `is_there` is whether files have a header.
    pub fn new(items: Vec<Item>, is_there: bool) -> Self {
        Header { items, is_there }
    }

    /// The columns if there is no header.
    pub fn without(&self) -> Option<Selection> {
        let columns = self.items.iter().filter_map(Item::columns);
        (!self.is_there).then(|| Selection::new(columns.collect()))
    }

    /// The columns by these names. Of several columns with one name, the first is meant.
    pub fn select<'a>(
        &self,
        names: impl Iterator<Item = &'a [u8]> + Clone,
    ) -> Result<Selection, Error> {
        let columns = self.items.iter().map(|item| match item {
            Item::Columns(columns) => Ok(*columns),
            Item::Name(name) => {
                let n = names.clone().position(|other| other == name);
                n.map(Columns::one).ok_or_else(|| {
                    let name = escaped(name);
                    let names = shown(names.clone());
                    Error::own(Fault::UnknownName { name, names })
                })
            }
        });
        Ok(Selection::new(columns.collect::<Result<_, _>>()?))
    }
}

/// The names, separated by commas and in quotes where LIST needs them, as far as they fit.
fn shown<'a>(names: impl Iterator<Item = &'a [u8]>) -> String {
    let mut list = String::new();
    for name in names {
        if !list.is_empty() {
            list += ",";
        }
        if list.len() > SHOWN {
            list += "...";
            break;
        }
        let name = escaped(name);
        let is_number = name
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-');
        match is_number || name.contains(',') || name.starts_with(['"', '#']) {
            true => list += &format!("\"{}\"", name.replace('"', "\"\"")),
            false => list += &name,
        }
    }
    list
}
