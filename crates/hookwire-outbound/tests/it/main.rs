//! The client against real sockets on loopback.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod addresses;
mod answers;
mod connections;
mod deadlines;
mod garbage;
mod own_tls;
mod proxies;
mod receiver;
mod requests;
mod settings;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookwire_core::address::AddressPolicy;
use hookwire_core::target::TargetUrl;
use hookwire_outbound::{Client, Exchange, Failure, HeaderList, Request, Response, Settings};

/// Longer than anything here takes, and shorter than a developer's patience.
const DEADLINE: Duration = Duration::from_secs(10);

/// Settings that let the client call this machine.
fn settings() -> Settings {
    let allow_subnets = ["127.0.0.0/8", "::1/128"].map(|net| net.parse().unwrap()).to_vec();
    Settings { allow_subnets, ..Settings::default() }
}

fn client() -> Client {
    Client::new(&settings()).unwrap()
}

/// A URL parsed by a policy that allows everything, so that only the client is left to refuse it.
fn target(url: &str) -> Arc<TargetUrl> {
    let all = AddressPolicy::new(vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()]);
    Arc::new(TargetUrl::parse(url, &all, false).unwrap())
}

fn post(url: &str) -> Request {
    Request {
        target: target(url),
        method: http::Method::POST,
        headers: HeaderList::from_pairs([("content-type", "application/json")]).unwrap(),
        body: Bytes::from_static(b"{\"a\":1}"),
        deadline: DEADLINE,
    }
}

fn answer(exchange: Exchange) -> Response {
    exchange.result.unwrap()
}

fn failure(exchange: Exchange) -> Failure {
    match exchange.result {
        Ok(response) => panic!("status {} instead of a failure", response.status),
        Err(failure) => failure,
    }
}
