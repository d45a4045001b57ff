//! A time limit that costs nothing when there is nothing to wait for.

use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

/// What `work` gives, or `None` when it takes longer than `limit`.
///
/// A timer is set only when `work` is not done at the second look: a body that came with its headers is read by then.
pub(crate) async fn within<F: Future>(limit: Duration, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    match two_looks(work.as_mut()).await {
        Some(done) => Some(done),
        None => tokio::time::timeout(limit, work).await.ok(),
    }
}

/// Polls twice; `None` when `work` is not done then.
async fn two_looks<F: Future>(mut work: Pin<&mut F>) -> Option<F::Output> {
    let mut has_looked = false;
    std::future::poll_fn(move |context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if has_looked => Poll::Ready(None),
        Poll::Pending => {
            has_looked = true;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Done at the given look.
    async fn done_at(look: u32) {
        let mut looks = 0;
        std::future::poll_fn(move |context| {
            looks += 1;
            context.waker().wake_by_ref();
            if looks >= look { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    #[test]
    fn what_is_done_at_the_second_look_needs_no_timer() {
        // This runtime has none: asking for one panics.
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for look in [1, 2] {
            assert_eq!(runtime.block_on(within(Duration::ZERO, done_at(look))), Some(()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_longer_is_given_up_at_its_time() {
        let began = tokio::time::Instant::now();
        let limit = Duration::from_secs(30);
        assert_eq!(within(limit, std::future::pending::<()>()).await, None);
        assert_eq!(began.elapsed(), limit);
        assert_eq!(within(limit, done_at(9)).await, Some(()));
    }
}
