//! What may be erased.

use hookwire_core::Reference;
use hookwire_store::history::Erased;

use crate::sure::Sure;
use crate::world::{World, by_uid, uid};

pub(crate) async fn payloads_and_responses_can_be_erased(world: World) {
    let (app, other) = (world.app().await, world.app().await);
    let endpoint = world.endpoint(&app).await;
    let message = world.send_with(&app, |message| message.event_id = Some(uid("e1"))).await;
    let attempt = world.succeed(&world.claim_one(&endpoint).await).await;
    let store = world.store();
    assert_eq!(store.expunge_payload(other.key, &Reference::Key(message)).await.sure(), Erased::Absent);
    assert_eq!(store.expunge_payload(app.key, &by_uid("none")).await.sure(), Erased::Absent);
    assert_eq!(store.expunge_payload(app.key, &by_uid("e1")).await.sure(), Erased::Done);
    assert_eq!(store.expunge_payload(app.key, &by_uid("e1")).await.sure(), Erased::Done);
    assert_eq!(world.stored(&app, message).await.sure().payload, None);
    assert_eq!(store.expunge_response(other.key, message, attempt).await.sure(), Erased::Absent);
    assert_eq!(store.expunge_response(app.key, message, attempt).await.sure(), Erased::Done);
    assert_eq!(store.attempt(app.key, message, attempt).await.sure().sure().response, "EXPUNGED");
}
