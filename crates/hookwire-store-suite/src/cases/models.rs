//! Random commands, compared with a model.

use crate::model;
use crate::world::World;

pub(crate) async fn random_commands_do_what_the_model_does(mut world: World) {
    for seed in 1..=12 {
        model::run(&mut world, seed, 120).await;
    }
}
