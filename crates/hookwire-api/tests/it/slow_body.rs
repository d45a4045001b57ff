//! Bodies that arrive too slowly, or never.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http::Method;
use http_body::Frame;
use serde_json::json;
use tokio::time::{Instant, Sleep, sleep};

use crate::world::World;

const LIMIT: Duration = Duration::from_secs(30);

/// A body that gives its bytes one by one, with a pause before each.
struct Trickle {
    pause: Duration,
    rest: std::vec::IntoIter<u8>,
    next: Pin<Box<Sleep>>,
}

fn trickle(text: &str, pause: Duration) -> Body {
    Body::new(Trickle { pause, rest: text.to_owned().into_bytes().into_iter(), next: Box::pin(sleep(pause)) })
}

impl http_body::Body for Trickle {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        std::task::ready!(self.next.as_mut().poll(context));
        self.next = Box::pin(sleep(self.pause));
        Poll::Ready(self.rest.next().map(|byte| Ok(Frame::data(Bytes::from(vec![byte])))))
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_in_time_is_answered_with_408() {
    let world = World::new();
    let org = world.org();
    let app = r#"{"name":"Acme","uid":"acme"}"#;
    for client in [org.clone(), org.clone().header("idempotency-key", "k")] {
        for pause in [Duration::from_hours(1), Duration::from_secs(20), Duration::from_millis(1_200)] {
            let began = Instant::now();
            let answer = client.send(Method::POST, "/app", trickle(app, pause)).await;
            assert_eq!(began.elapsed(), LIMIT, "the limit is for the whole, not for each part");
            assert_eq!(answer.header("connection"), Some("close"));
            let expected = json!({
                "code": "request_timeout", "detail": "The request's body did not arrive within 30s.",
            });
            assert_eq!(answer.expect(408), expected);
        }
    }
    // Nothing came of it, and nothing is remembered under the key.
    org.get("/app/acme").await.expect(404);
    org.header("idempotency-key", "k").send(Method::POST, "/app", app).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn the_hot_path_has_the_same_limit() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let message = r#"{"eventType":"a","payload":{}}"#;
    let slow = org.send(Method::POST, "/app/acme/msg", trickle(message, Duration::from_secs(2))).await;
    assert_eq!(slow.expect(408)["code"], "request_timeout");
    let in_time = org.send(Method::POST, "/app/acme/msg", trickle(message, Duration::from_millis(500))).await;
    in_time.expect(202);
}
