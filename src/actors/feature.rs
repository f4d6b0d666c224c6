//! The actor of one feature on one arbiter: draws arrivals for whoever asks.

use std::io;
use std::sync::Arc;

use actix::prelude::*;

use crate::organization::{Refill, World};
use crate::units::{FeatureIndex, SimTime};

use super::control::{ActorName, Control, InjectedFault, Sentinel};
use super::messages::{DrawFailed, DrawRequest, DrawnBatch, Shutdown, Why};
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
            Some(InjectedFault::PanickingFeature(feature)) if feature == self.feature.0 => panic!("injected"),
            Some(InjectedFault::ExhaustedFeature(feature)) if feature == self.feature.0 => {
                refill.batch.clear();
                refill.batch.upto = SimTime::MIN;
            }
            _ => {}
        }
        Ok(())
    }
}

impl Actor for FeatureActor {
    type Context = Context<Self>;
}

impl Handler<DrawRequest> for FeatureActor {
    type Result = ();

    fn handle(&mut self, DrawRequest { mut refill, from }: DrawRequest, _: &mut Self::Context) {
        match self.control.injection {
            Some(InjectedFault::SilentFeature(feature)) if feature == self.feature.0 => return,
            Some(InjectedFault::DyingFeature(feature)) if feature == self.feature.0 => panic!("injected"),
            _ => {}
        }
        let drawn = caught(|| self.draw(&mut refill).map(|()| refill));
        self.control.count_answered(self.feature);
        let feature = self.feature;
        from.do_send(DrawnBatch(match drawn {
            Ok(Ok(refill)) => Ok(refill),
            Ok(Err(source)) => Err(DrawFailed { feature, why: Why::Unreadable(source) }),
            Err(said) => Err(DrawFailed { feature, why: Why::Said(said) }),
        }));
    }
}

impl Handler<Shutdown> for FeatureActor {
    type Result = ();

    fn handle(&mut self, _: Shutdown, ctx: &mut Self::Context) {
        self.sentinel.finish();
        ctx.stop();
    }
}
