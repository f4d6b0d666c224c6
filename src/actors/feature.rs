//! The actor of one feature on one arbiter: draws arrivals for whoever asks.

use std::io;
use std::sync::Arc;

use actix::prelude::*;

use crate::organization::{Refill, World};
use crate::units::{FeatureIndex, SimTime};

use super::control::{ActorName, Control, Injection, Sentinel};
use super::messages::{Answer, Broke, Demand, Farewell, Why};
use super::panics::caught;

/// Draws one feature's arrivals for every organization of its arbiter. It keeps nothing about any of them.
#[derive(Debug)]
pub struct FeatureActor {
    /// Dropped first: whoever ends because this one does must not be heard before it.
    sentinel: Sentinel,
    feature: FeatureIndex,
    world: Arc<World>,
    batch: usize,
    control: Arc<Control>,
}

impl FeatureActor {
    /// The drawer of `feature`; answers hold at most `batch` operations.
    #[must_use]
    pub fn new(feature: FeatureIndex, world: Arc<World>, batch: usize, control: Arc<Control>) -> Self {
        let sentinel = Sentinel::new(control.clone(), ActorName::Feature(feature));
        FeatureActor { feature, world, batch: batch.max(1), control, sentinel }
    }

    fn draw(&self, refill: &mut Refill) -> io::Result<()> {
        refill.draw(&self.world, self.batch)?;
        match self.control.injection {
            Some(Injection::PanickingFeature(feature)) if feature == self.feature.0 => panic!("injected"),
            Some(Injection::ExhaustedFeature(feature)) if feature == self.feature.0 => {
                refill.batch.clear();
                refill.batch.upto = SimTime::DAWN;
            }
            _ => {}
        }
        Ok(())
    }
}

impl Actor for FeatureActor {
    type Context = Context<Self>;
}

impl Handler<Demand> for FeatureActor {
    type Result = ();

    fn handle(&mut self, Demand { mut refill, from }: Demand, _: &mut Self::Context) {
        match self.control.injection {
            Some(Injection::SilentFeature(feature)) if feature == self.feature.0 => return,
            Some(Injection::DyingFeature(feature)) if feature == self.feature.0 => panic!("injected"),
            _ => {}
        }
        let drawn = caught(|| self.draw(&mut refill).map(|()| refill));
        self.control.count_answered(self.feature);
        let feature = self.feature;
        from.do_send(Answer(match drawn {
            Ok(Ok(refill)) => Ok(refill),
            Ok(Err(source)) => Err(Broke { feature, why: Why::Unreadable(source) }),
            Err(said) => Err(Broke { feature, why: Why::Said(said) }),
        }));
    }
}

impl Handler<Farewell> for FeatureActor {
    type Result = ();

    fn handle(&mut self, _: Farewell, ctx: &mut Self::Context) {
        self.sentinel.finish();
        ctx.stop();
    }
}
