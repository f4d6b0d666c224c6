//! The actor of one organization in one replication: asks its features, advances its accounts, hands over its outcome.

use std::sync::Arc;

use actix::prelude::*;

use crate::organization::{LawViolation, OrganizationProgress, OrganizationRun};

use super::control::{ActorName, Control, Failure, InjectedFault, Sentinel};
use super::messages::{
    DrawFailed, DrawRequest, DrawnBatch, OrganizationFinished, OrganizationResult, RunPosition, Why,
};
use super::panics::{Said, caught};

/// Advances one organization through the horizon.
#[derive(Debug)]
pub(super) struct OrganizationActor {
    /// Dropped first: whoever ends because this one does must not be heard before it.
    sentinel: Sentinel,
    /// `None` once it is handed over.
    run: Option<OrganizationRun>,
    name: String,
    place: RunPosition,
    features: Arc<[Recipient<DrawRequest>]>,
    wave: Arc<Recipient<OrganizationFinished>>,
    own: Option<Arc<Recipient<DrawnBatch>>>,
    counted: u64,
    control: Arc<Control>,
}

impl OrganizationActor {
    pub fn new(
        run: OrganizationRun,
        name: String,
        place: RunPosition,
        features: Arc<[Recipient<DrawRequest>]>,
        wave: Arc<Recipient<OrganizationFinished>>,
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
        self.own = Some(Arc::new(ctx.address().recipient()));
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;
    use crate::engine::{JobOptions, NoRows, prepare};
    use crate::organization::{Workspace, World};
    use crate::scenario::{ScenarioSource, read};
    use crate::units::{CohortIndex, OrganizationId, SimTime};

    const SCENARIO: &str = "version = 1\nname = \"one\"\nstart = 2025-01-01T00:00:00Z\nhorizon = \"2 days\"\nseed = 3\n\
        replications = 1\n[[cohorts]]\nname = \"teams\"\n[features.chat]\narrivals = { poisson = \"40/day\" }\n\
        cost = 1\n[policies.open]\n";

    /// Answers in place of a feature's actor: draws a few at a time, or claims to be done when asked a second time.
    struct StubFeature {
        world: Arc<World>,
        asked: u32,
        lies: bool,
    }

    impl Actor for StubFeature {
        type Context = Context<Self>;
    }

    impl Handler<DrawRequest> for StubFeature {
        type Result = ();

        fn handle(&mut self, DrawRequest { mut refill, from }: DrawRequest, _: &mut Self::Context) {
            self.asked += 1;
            refill.draw(&self.world, 5).expect("nothing is read");
            if self.lies && self.asked == 2 {
                refill.batch.clear();
                refill.batch.upto = SimTime::MIN;
            }
            from.do_send(DrawnBatch(Ok(refill)));
        }
    }

    /// Hears in place of the wave how an organization ends.
    struct StubWave(Sender<Option<u64>>);

    impl Actor for StubWave {
        type Context = Context<Self>;
    }

    impl Handler<OrganizationFinished> for StubWave {
        type Result = ();

        fn handle(&mut self, finished: OrganizationFinished, _: &mut Self::Context) {
            self.0.send(finished.harvest.map(|harvest| harvest.operations)).expect("somebody listens");
            System::current().stop();
        }
    }

    /// Operations of an organization between two stubs, if it ends well, and what it complains of.
    fn between_stubs(lies: bool) -> (Option<u64>, Option<Failure>) {
        let scenario = read(&ScenarioSource::from_text("one.toml", SCENARIO.to_owned())).expect("reads");
        let job = prepare(&scenario, JobOptions::default(), Arc::new(NoRows));
        let (events, _heard) = channel();
        let control = Arc::new(Control::new(job.shape.features.clone(), Vec::new(), events, None));
        let (ended, end) = channel();
        let system = System::new();
        system.block_on(async {
            let world = job.world.clone();
            let feature = StubFeature { world, asked: 0, lies }.start().recipient();
            let wave = Arc::new(StubWave(ended).start().recipient());
            let id = OrganizationId { cohort: CohortIndex(0), number: 0 };
            let place = RunPosition { replication: 0, unit: 0, place: 0, id };
            let outages = Arc::new((job.outages)(0));
            let run = job.start(0, id, &outages, Workspace::default()).expect("it opens");
            OrganizationActor::new(
                run,
                String::from("teams/0"),
                place,
                [feature].into(),
                wave,
                control.clone(),
            )
            .start();
        });
        system.run().expect("it ends");
        (end.recv().expect("it has ended"), control.take_failure())
    }

    #[test]
    fn an_organization_asks_whoever_draws_and_tells_whoever_waits() {
        let (operations, failure) = between_stubs(false);
        assert!(failure.is_none(), "{failure:?}");
        assert!((50..110).contains(&operations.expect("a result")), "{operations:?} of 80 expected");
    }

    #[test]
    fn an_organization_names_the_feature_that_breaks_its_promise() {
        let (operations, failure) = between_stubs(true);
        assert_eq!(operations, None);
        let told = failure.expect("a failure").to_string();
        assert!(told.contains("teams/0") && told.contains("the demand of feature `chat`"), "{told}");
    }
}
