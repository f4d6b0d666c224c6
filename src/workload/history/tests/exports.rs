//! The exports of known products, as their users download them; every file here is made up.

use super::*;

/// A demand whose cost is a formula over quantities.
fn formula_demand(cost: &str, quantities: &[&str]) -> Demand {
    let quantity = |name: &&str| Quantity {
        name: (*name).to_owned(),
        dist: Dist::Fixed(1.0),
        scope: QuantityScope::Step,
        correlation: None,
    };
    let formula =
        Formula::compile(cost, &Work::formula_names(quantities.iter().copied())).expect("a formula");
    let shape = StepShape::Simple { cost: Amount::Formula(formula), duration: Amount::default() };
    let work = Work { quantities: quantities.iter().map(quantity).collect(), shape, cache: None };
    Demand { work, ..Demand::default() }
}

/// An export of a product, read by its mapping; every value of its feature column is the one feature, whose cost is a
/// formula over all quantities of the mapping.
fn export(product: &str, file: &str, text: &str, cost: &str) -> (PreparedHistory, Vec<(String, Operation)>) {
    let world = HistoryTestWorld::new();
    let known = mapping(product).expect("a mapping");
    let names: Vec<String> = known.quantities.iter().map(|(name, _)| name.clone()).collect();
    let spec = HistorySpec {
        mapping: Some(product.to_owned()),
        columns: known.columns,
        buckets: known.buckets,
        duplicates: known.duplicates,
        cost: RowCost::OfFeature { optional: names.clone(), quantities: known.quantities },
        features: FeatureMap { map: Vec::new(), other: OtherFeatures::Are(FeatureIndex(0)) },
        ..spec(&world.file(file, text))
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let demand = formula_demand(cost, &names);
    let history = world.prepare_for(&spec, &[&demand]).unwrap_or_else(|error| panic!("{product}: {error}"));
    let operations = replay(&history);
    assert_eq!(total(&operations), history.counts.demanded_micros, "{product}");
    // Whoever forgets the mapping is told of it.
    let forgetful = HistorySpec { mapping: None, ..super::spec(&spec.path) };
    if spec.path.extension().is_some_and(|extension| extension == "csv") {
        let said = world.prepare(&forgetful).expect_err("it has other columns").to_string();
        assert!(said.contains(&format!("write `mapping = \"{product}\"`")), "{product}: {said}");
    }
    (history, operations)
}

/// (organization, time of January 2025, micro-credits) of every operation.
fn rows(operations: &[(String, Operation)]) -> Vec<(String, String, i64)> {
    let row = |(label, operation): &(String, Operation)| {
        (label.clone(), operation.at.to_string(), operation.cost.micros())
    };
    operations.iter().map(row).collect()
}

fn row(label: &str, at: &str, micros: i64) -> (String, String, i64) {
    (label.to_owned(), at.to_owned(), micros)
}

#[test]
fn litellm_spend_logs() {
    let head = "request_id,call_type,api_key,spend,total_tokens,prompt_tokens,completion_tokens,startTime,endTime,model,team_id,end_user,status\n";
    let text = head.to_owned()
        + "chatcmpl-1,acompletion,sk-..a,0.0042,1200,1000,200,2025-01-02 09:00:00.250,2025-01-02 09:00:04.750,gpt-x-mini,growth,u-7,success\n\
           chatcmpl-2,acompletion,sk-..a,0.0,1000,1000,0,2025-01-02 09:05:00,2025-01-02 09:05:01,gpt-x-mini,growth,u-7,failure\n\
           chatcmpl-3,aembedding,sk-..b,0.0001,500,500,,2025-01-03 10:00:00,2025-01-03 10:00:00.200,embed-x,,u-9,success\n\
           chatcmpl-1,acompletion,sk-..a,0.0042,1200,1000,200,2025-01-02 09:00:00.250,2025-01-02 09:00:04.750,gpt-x-mini,growth,u-7,success\n";
    let (history, operations) =
        export("litellm", "spend.csv", &text, "tokens_in * 0.001 + tokens_out * 0.01");
    let counts = &history.counts;
    assert_eq!((counts.rows, counts.replayed, counts.failed, counts.dropped), (4, 3, 1, 1));
    assert_eq!((counts.times_without_zone, counts.empty_as_zero), (4, 1));
    let wanted = [
        row("growth", "2025-01-02T09:00:00.25Z", 3_000_000),
        row("growth", "2025-01-02T09:05:00Z", 1_000_000),
        row("u-9", "2025-01-03T10:00:00Z", 500_000),
    ];
    assert_eq!(rows(&operations), wanted);
    assert_eq!(operations[0].1.duration, SimSpan::from_micros(4_500_000));
    assert_eq!(operations[1].1.fate, Fate::Fails);
}

#[test]
fn openai_usage_buckets() {
    // Hourly buckets, as their end says; input includes what was cached; an empty bucket has its four times alone.
    let text = "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,api_key_id,model,batch,input_tokens,output_tokens,input_cached_tokens\n\
        1735776000,1735779600,2025-01-02T00:00:00+00:00,2025-01-02T01:00:00+00:00,proj_a,4,,,gpt-x,False,10000,400,6000\n\
        1735779600,1735783200,2025-01-02T01:00:00+00:00,2025-01-02T02:00:00+00:00,,,,,,,,,\n\
        1735783200,1735786800,2025-01-02T02:00:00+00:00,2025-01-02T03:00:00+00:00,proj_b,1,,,gpt-x,True,500,20,0\n";
    let cost = "tokens_in * 0.001 + tokens_cached * 0.0001 + tokens_out * 0.01";
    let (history, operations) = export("openai", "usage.csv", text, cost);
    let counts = &history.counts;
    assert_eq!((counts.rows, counts.replayed, counts.operations, counts.empty_buckets), (3, 2, 5, 1));
    // 4,000 fresh and 6,000 cached in, 400 out: 4 + 0.6 + 4 credits; 500 and 20: 0.5 + 0.2.
    assert_eq!(counts.demanded_micros, 8_600_000 + 700_000);
    let hour = instant("2025-01-02T00:00:00Z")..instant("2025-01-02T01:00:00Z");
    assert!(operations[..4].iter().all(|(label, row)| label == "proj_a" && hour.contains(&row.at)));
    assert!(operations[..4].iter().all(|(_, operation)| operation.cost.micros() == 2_150_000));
    // Without its ends the same file is read as days.
    let daily = text.replace("end_time,", "closed,").replace("end_time_iso,", "closed_iso,");
    let (history, operations) = export("openai", "usage.csv", &daily, cost);
    assert_eq!(history.counts.demanded_micros, 9_300_000);
    assert!(operations[..4].iter().any(|(_, operation)| !hour.contains(&operation.at)));
}

#[test]
fn anthropic_console_days() {
    let text = "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count\n\
        2025-01-02,model-large-1,key one,Default,standard,≤ 200k,12000,3000,0,50000,4000,2\n\
        2025-01-02,model-large-1,key two,\"Research, EU\",batch,≤ 200k,1000,0,,0,100,0\n";
    let cost = "tokens_in * 0.001 + cache_writes * 0.00125 + cache_writes_1h * 0.002 + tokens_cached * 0.0001 + tokens_out * 0.005 + searches * 0.5";
    let (history, operations) = export("anthropic", "claude.csv", text, cost);
    // 12 + 3.75 + 5 + 20 + 1, and 1 + 0.5 credits; a row is one operation of its day.
    let costs: Vec<(&str, i64)> =
        operations.iter().map(|(label, operation)| (label.as_str(), operation.cost.micros())).collect();
    assert_eq!(costs, [("Default", 41_750_000), ("Research, EU", 1_500_000)]);
    let day = instant("2025-01-02")..instant("2025-01-03");
    assert!(operations.iter().all(|(_, operation)| day.contains(&operation.at)));
    assert_eq!(history.counts.empty_as_zero, 1);
}

#[test]
fn openrouter_activity() {
    let text = "created_at,generation_id,model_permaslug,app_name,api_key_name,user,tokens_prompt,tokens_completion,cost_total,generation_time_ms,cancelled\n\
        2025-01-02 10:00:00.5,gen-1,vendor/model-1,bot,prod,ann,2000,300,0.0123,5300,false\n\
        2025-01-02 10:00:00.5,gen-2,vendor/model-1,bot,prod,bob,100,7,0.0003,800,true\n";
    let (history, operations) = export("openrouter", "activity.csv", text, "spend * 1000");
    assert_eq!((history.counts.cancelled, history.counts.times_without_zone), (1, 2));
    let wanted =
        [row("prod", "2025-01-02T10:00:00.5Z", 12_300_000), row("prod", "2025-01-02T10:00:00.5Z", 300_000)];
    assert_eq!(rows(&operations), wanted);
    assert_eq!(operations[0].1.duration, SimSpan::from_micros(5_300_000));
    assert_eq!(operations[1].1.fate, Fate::Cancelled);
    assert_ne!(operations[0].1.member, operations[1].1.member, "two users of one key");
}

#[test]
fn cursor_usage_events() {
    // A byte order mark, quotes around everything, thousands, words for a price of nothing.
    let text = "\u{feff}\"Date\",\"User\",\"Kind\",\"Model\",\"Max Mode\",\"Input (w/ Cache Write)\",\"Input (w/o Cache Write)\",\"Cache Read\",\"Output Tokens\",\"Total Tokens\",\"Cost\"\r\n\
        \"2025-01-02T10:00:00.000Z\",\"ann@example.org\",\"Included\",\"auto\",\"No\",\"1,500\",\"200\",\"30,000\",\"900\",\"32,600\",\"Included\"\r\n\
        \"2025-01-02T11:00:00.000Z\",\"ann@example.org\",\"On-Demand\",\"large-1\",\"Yes\",\"0\",\"100\",\"0\",\"50\",\"150\",\"$1.25\"\r\n\
        \"2025-01-02T12:00:00.000Z\",\"bob@example.org\",\"Free\",\"auto\",\"No\",\"\",\"\",\"\",\"\",\"\",\"Free\"\r\n";
    let (history, operations) = export(
        "cursor",
        "usage.csv",
        text,
        "tokens_in * 0.01 + cache_writes * 0.0125 + tokens_cached * 0.001 + tokens_out * 0.05 + tokens * 0 + spend",
    );
    let counts = &history.counts;
    // 2 + 18.75 + 30 + 45; 1 + 2.5 + 1.25; nothing.
    let wanted = [
        row("ann@example.org", "2025-01-02T10:00:00Z", 95_750_000),
        row("ann@example.org", "2025-01-02T11:00:00Z", 4_750_000),
        row("bob@example.org", "2025-01-02T12:00:00Z", 0),
    ];
    assert_eq!(rows(&operations), wanted);
    assert_eq!((counts.words_as_zero, counts.byte_order_marks, counts.empty_as_zero), (2, 1, 5));
}

#[test]
fn copilot_premium_requests() {
    let by_user = "Timestamp,User,Model,Requests Used,Exceeds Monthly Quota,Total Monthly Quota\n\
        2025-01-02T10:00:00Z,octo-ann,model-a,0.33,False,1500\n\
        2025-01-02T10:00:00Z,octo-ann,model-b,10.00,True,Unlimited\n\
        2025-01-02T10:00:01Z,octo-bob,model-a,Unlimited,False,Unlimited\n";
    let (history, operations) = export("copilot", "premium.csv", by_user, "requests");
    let wanted = [
        row("octo-ann", "2025-01-02T10:00:00Z", 330_000),
        row("octo-ann", "2025-01-02T10:00:00Z", 10_000_000),
    ];
    assert_eq!(rows(&operations), wanted);
    assert_eq!(
        (history.counts.skipped, history.organizations()),
        (1, 2),
        "a row without a number is counted"
    );
    let by_day = "date,username,product,sku,quantity,unit_type,applied_cost_per_quantity,gross_amount,organization,repository,cost_center_name\n\
        2025-01-02,octo-ann,copilot,copilot_premium_request,12.66,requests,0.04,0.5064,octo-org,,\n";
    let (_, operations) = export("copilot", "report.csv", by_day, "requests");
    assert_eq!(rows(&operations), [row("octo-org", "2025-01-02T00:00:00Z", 12_660_000)]);
}

#[test]
fn openmeter_cloud_events() {
    // One event a direction; the last is sent twice.
    let event = |id: &str, kind: &str, tokens: &str, at: &str| {
        format!(
            "{{\"specversion\":\"1.0\",\"type\":\"tokens\",\"id\":\"{id}\",\"time\":\"{at}\",\"source\":\"api\",\"subject\":\"customer-1\",\"data\":{{\"tokens\":{tokens},\"model\":\"gpt-x\",\"type\":\"{kind}\"}}}}\n"
        )
    };
    let text = event("1", "input", "\"2000\"", "2025-01-02T10:00:00.123Z")
        + &event("2", "output", "150", "2025-01-02T10:00:00.123Z")
        + &event("3", "system", "70", "2025-01-02T10:00:05Z")
        + &event("2", "output", "150", "2025-01-02T10:00:09Z");
    let (history, operations) =
        export("openmeter", "events.jsonl", &text, "tokens_in * 0.001 + tokens_out * 0.01");
    let wanted = [
        row("customer-1", "2025-01-02T10:00:00.123Z", 2_000_000),
        row("customer-1", "2025-01-02T10:00:00.123Z", 1_500_000),
        row("customer-1", "2025-01-02T10:00:05Z", 0),
    ];
    assert_eq!(rows(&operations), wanted);
    assert_eq!((history.counts.duplicates, history.counts.dropped), (1, 1));
}

#[test]
fn lago_events() {
    let text = "{\"transaction_id\":\"t-1\",\"external_subscription_id\":\"sub-7\",\"code\":\"tokens\",\"timestamp\":1735812000,\"properties\":{\"tokens\":1200,\"requests\":3}}\n\
        {\"transaction_id\":\"t-2\",\"external_subscription_id\":\"sub-7\",\"code\":\"tokens\",\"timestamp\":\"1735812000.5\",\"properties\":{\"tokens\":\"10\"}}\n\
        {\"transaction_id\":\"t-1\",\"external_subscription_id\":\"sub-7\",\"code\":\"tokens\",\"timestamp\":1735812000,\"properties\":{\"tokens\":1200,\"requests\":3}}\n\
        {\"transaction_id\":\"t-3\",\"external_subscription_id\":\"sub-7\",\"code\":\"seats\",\"timestamp\":\"2025-01-02T11:00:00Z\",\"properties\":{}}\n";
    let (history, operations) = export("lago", "events.jsonl", text, "tokens * 0.001 + requests");
    let wanted =
        [row("sub-7", "2025-01-02T10:00:00Z", 4_200_000), row("sub-7", "2025-01-02T10:00:00.5Z", 10_000)];
    assert_eq!(rows(&operations), wanted);
    assert_eq!((history.counts.dropped, history.counts.skipped), (1, 1));
    let csv = "transaction_id,external_subscription_id,code,timestamp,properties.tokens\n\
        t-1,sub-7,tokens,1735812000,1200\nt-2,sub-8,tokens,1735812001,5\n";
    let (history, operations) = export("lago", "events.csv", csv, "tokens * 0.001 + requests");
    assert_eq!((operations.len(), history.organizations(), total(&operations)), (2, 2, 1_205_000));
}

#[test]
fn a_bucket_is_priced_by_its_mean_operation_where_the_formula_is_not_in_proportion() {
    // Ten calls of 100 tokens: each pays at least one credit, and half a credit of its own.
    let text = "start_time,project_id,model,input_tokens,output_tokens,num_model_requests\n\
        1735776000,p1,gpt-x,1000,0,10\n";
    let price = |cost: &str| export("openai", "usage.csv", text, cost).0.counts.demanded_micros;
    assert_eq!(price("max(1, tokens_in * 0.001)"), 10_000_000);
    assert_eq!(price("0.5 + tokens_in * 0.001"), 6_000_000);
    // In proportion: the whole is exact, though a seventh of it would not be.
    assert_eq!(price("tokens_in / 7"), 142_857_143);
    assert_eq!(price("tokens_in * 0.001 + requests * 0.5"), 6_000_000);
}

#[test]
fn a_quantity_that_no_column_gives_is_named() {
    let world = HistoryTestWorld::new();
    let wanting = formula_demand("tokens_in * images", &["tokens_in", "images"]);
    let priced = HistorySpec {
        cost: RowCost::OfFeature {
            quantities: vec![("tokens_in".to_owned(), "units".to_owned())],
            optional: Vec::new(),
        },
        ..spec(&world.file("usage.csv", CLEAN))
    };
    let error =
        world.prepare_for(&priced, &[&wanting, &wanting]).expect_err("images are missing").to_string();
    assert!(error.contains("needs `images`, which no column gives"), "{error}");
    assert!(error.contains("wanted quantities of the history: tokens_in"), "{error}");
}
