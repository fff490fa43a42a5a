//! The state that all requests of a fetcher share.

use super::netrc::Netrc;
use super::rate_limit::RateLimit;
use crate::common::error::Error;
use crate::web::fetch::options::Options;
use crate::web::fetch::transport::Client;
use crate::web::fetch::transport::proxy::Proxies;
use crate::web::fetch::transport::tls::config::{self, Identity};
use std::env;
use std::sync::Arc;

/// The state that all requests of a fetcher share.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) options: Options,
    pub(crate) client: Client,
    pub(crate) netrc: Netrc,
    pub(crate) rate_limit: Arc<RateLimit>,
}

impl Session {
    /// Reads the proxies of the environment and the files of the options. The error names
    /// the file.
    pub(crate) fn new(options: Options) -> Result<Session, Error> {
        let identity = options.identity.as_ref();
        let identity = identity.map(|(certificate, key)| Identity { certificate, key });
        let is_default = options.cacert.is_none() && !options.insecure && identity.is_none();
        let tls = match is_default {
            // The first connection reads the system's certificates.
            true => None,
            false => {
                let cacert = options.cacert.as_deref();
                Some(config::load(cacert, options.insecure, identity)?)
            }
        };
        let proxies = Proxies::from_env(|name| env::var(name).ok());
        let netrc = match options.netrc {
            true => Netrc::from_env(|name| env::var_os(name))?,
            false => Netrc::default(),
        };
        Ok(Session {
            client: Client::new(proxies, tls, &options),
            netrc,
            rate_limit: RateLimit::new(options.per_host),
            options,
        })
    }
}
