//! The client with a resolver that answers when it is told to.

use hookwire_core::outcome::ErrorClass;

use super::*;
use crate::exchange::Fault;
use crate::headers::HeaderList;
use crate::resolve::script::scripted;

fn post(host: &str, deadline: Duration) -> Request {
    let url = format!("http://{host}/");
    let target = TargetUrl::parse(&url, &AddressPolicy::default(), false).unwrap();
    let (method, headers) = (http::Method::POST, HeaderList::new());
    Request { target: Arc::new(target), method, headers, body: Bytes::new(), deadline }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_ends_in_the_queue_is_our_fault_and_one_that_ends_in_the_lookup_is_not() {
    let (resolver, mut script) = scripted(1);
    let client = Client::resolving(&Settings::default(), resolver).unwrap();
    let deadline = Duration::from_secs(3);
    let send = |host: &'static str| {
        let client = client.clone();
        tokio::spawn(async move { client.send(post(host, deadline)).await.result.unwrap_err() })
    };
    let holder = send("holder.example");
    assert_eq!(script.asked().await, "holder.example");
    let waiter = send("waiter.example");
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(deadline).await;
    let (holder, waiter) = (holder.await.unwrap(), waiter.await.unwrap());
    assert_eq!((holder.class, holder.fault), (ErrorClass::Timeout, Fault::Receiver), "{holder}");
    assert_eq!((waiter.class, waiter.fault), (ErrorClass::Timeout, Fault::Ours), "{waiter}");
    assert_eq!(waiter.detail, "Waiting for a free lookup was not done when the time limit of 3s was over.");
}

#[tokio::test(start_paused = true)]
async fn remembered_addresses_are_vetted_like_new_ones() {
    let (resolver, mut script) = scripted(1);
    let client = Client::resolving(&Settings::default(), resolver).unwrap();
    script.finds("private.example", "10.0.0.1");
    for _ in 0..2 {
        let failure = client.send(post("private.example", FOREVER)).await.result.unwrap_err();
        assert_eq!((failure.class, failure.fault), (ErrorClass::Blocked, Fault::Receiver));
    }
    assert_eq!(script.asked().await, "private.example");
    assert!(!script.asked_more());
}
