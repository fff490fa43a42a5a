//! A folder of HTML files, checked as a site without a server.
//!
//! Its files have URLs of a host that exists in this process only, so that links
//! resolve as they would on a server: `/x` is in the root, `dir/` is `dir/index.html`,
//! `dir` redirects to `dir/`, a query changes nothing. Each file is read once. Reports call the files by their
//! paths. A symbolic link that leads out of the folder is not followed.

mod files;
mod site;

#[cfg(test)]
mod tests;

pub(super) use files::There;
pub use site::Folder;
pub(super) use site::of;
