//! A folder of HTML files, checked like a site, without a server.
//!
//! Its files have URLs on a host that exists only in this process, so links are resolved
//! as on a server: `/x` is in the root, `dir/` is `dir/index.html`, `dir` redirects to
//! `dir/`, and a query is ignored. Each file is read once. Reports name files by their
//! paths. A symbolic link that leads out of the folder is not followed.

mod files;
mod site;

#[cfg(test)]
mod tests;

pub(super) use files::Target;
pub use site::Folder;
pub(super) use site::of;
