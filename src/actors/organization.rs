//! The actor of one organization in one replication: asks its features, advances its accounts, hands over its outcome.

use std::sync::Arc;

use actix::prelude::*;

use crate::organization::{LawViolation, OrganizationProgress, OrganizationRun};

use super::control::{ActorName, Control, Failure, InjectedFault, Sentinel};
use super::feature::FeatureActor;
use super::messages::{
    DrawFailed, DrawRequest, DrawnBatch, OrganizationFinished, OrganizationResult, RunPosition, Why,
};
use super::panics::{Said, caught};
use super::wave::WaveActor;

/// Advances one organization through the horizon.
#[derive(Debug)]
pub(super) struct OrganizationActor {
    /// Dropped first: whoever ends because this one does must not be heard before it.
    sentinel: Sentinel,
    /// `None` once it is handed over.
    run: Option<OrganizationRun>,
    name: String,
    place: RunPosition,
    features: Arc<[Addr<FeatureActor>]>,
    wave: Arc<Addr<WaveActor>>,
    own: Option<Arc<Addr<OrganizationActor>>>,
    counted: u64,
    control: Arc<Control>,
}

impl OrganizationActor {
    pub fn new(
        run: OrganizationRun,
        name: String,
        place: RunPosition,
        features: Arc<[Addr<FeatureActor>]>,
        wave: Arc<Addr<WaveActor>>,
        control: Arc<Control>,
    ) -> Self {
        let sentinel = Sentinel::new(control.clone(), ActorName::Organization(place.id));
        OrganizationActor {
            run: Some(run),
            name,
            place,
            features,
            wave,
            own: None,
            counted: 0,
            control,
            sentinel,
        }
    }

    /// Asks every feature that stands in the way; true if there was one.
    fn ask(&mut self) -> bool {
        let (Some(run), Some(own)) = (self.run.as_mut(), self.own.as_ref()) else { return false };
        let mut asked = false;
        while let Some(refill) = run.take_want() {
            let feature = refill.feature;
            self.control.count_asked(feature);
            self.features[feature.index()].do_send(DrawRequest { refill, from: own.clone() });
            asked = true;
        }
        asked
    }

    /// Advances as far as what has arrived allows; asks for more or ends.
    fn proceed(&mut self, ctx: &mut Context<Self>) {
        let Some(run) = self.run.as_mut() else { return };
        if !run.is_ready() {
            return;
        }
        let injection = self.control.injection;
        let advanced = caught(|| {
            if injection == Some(InjectedFault::PanickingOrganization(self.place.id.number)) {
                panic!("injected");
            }
            run.advance()
        });
        let progress = match advanced {
            Ok(Ok(progress)) => progress,
            Ok(Err(fault)) => return self.fail(fault, ctx),
            Err(said) => return self.panicked(said, ctx),
        };
        self.control.count_operations(run.operations() - self.counted);
        self.counted = run.operations();
        match progress {
            OrganizationProgress::Done => self.hand_over(ctx),
            OrganizationProgress::Left => self.end(None, ctx),
            OrganizationProgress::Wants if self.control.is_stopping() => self.end(None, ctx),
            OrganizationProgress::Wants => {
                let asked = self.ask();
                debug_assert!(asked, "an organization that is not done has somebody to ask");
            }
        }
    }

    fn hand_over(&mut self, ctx: &mut Context<Self>) {
        let Some(run) = self.run.take() else { return };
        let operations = run.operations();
        match caught(|| run.finish()) {
            Ok(Ok((outcome, space))) => {
                self.end(Some(OrganizationResult { operations, outcome, space }), ctx)
            }
            Ok(Err(fault)) => self.fail(fault, ctx),
            Err(said) => self.panicked(said, ctx),
        }
    }

    fn end(&mut self, harvest: Option<OrganizationResult>, ctx: &mut Context<Self>) {
        self.sentinel.finish();
        self.wave.do_send(OrganizationFinished { place: self.place, harvest });
        ctx.stop();
    }

    fn fail(&mut self, fault: LawViolation, ctx: &mut Context<Self>) {
        self.control.fail(Failure::Fault { replication: self.place.replication, fault });
        self.end(None, ctx);
    }

    fn panicked(&mut self, said: Said, ctx: &mut Context<Self>) {
        self.control.fail(Failure::of(said, self.place.replication, self.name.clone()));
        self.end(None, ctx);
    }
}

impl Actor for OrganizationActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.own = Some(Arc::new(ctx.address()));
        if !self.ask() {
            // No feature, no demand: the accounts still live through the horizon.
            self.proceed(ctx);
        }
    }
}

impl Handler<DrawnBatch> for OrganizationActor {
    type Result = ();

    fn handle(&mut self, DrawnBatch(drawn): DrawnBatch, ctx: &mut Self::Context) {
        let Some(run) = self.run.as_mut() else { return };
        match drawn {
            Ok(refill) => match run.accept(refill) {
                Ok(()) => self.proceed(ctx),
                Err(fault) => self.fail(fault, ctx),
            },
            Err(DrawFailed { feature, why: Why::Said(Said::Panicked(said)) }) => {
                let who = self.control.name(ActorName::Feature(feature));
                self.panicked(Said::Panicked(format!("{who} panicked: {said}")), ctx);
            }
            Err(DrawFailed { why: Why::Said(said), .. }) => self.panicked(said, ctx),
            Err(DrawFailed { why: Why::Unreadable(source), .. }) => {
                let organization = self.name.clone();
                self.control.fail(Failure::Unreadable { organization, source });
                self.end(None, ctx);
            }
        }
    }
}
