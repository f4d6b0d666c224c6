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
    let work =
        Work { quantities: quantities.iter().map(quantity).collect(), shape, cache: None, gauge: false };
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
        kinds: known.kinds,
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
    // Without its ends the same file is read by the hour, as its times show.
    let ended = text.replace("end_time,", "closed,").replace("end_time_iso,", "closed_iso,");
    let (history, operations) = export("openai", "usage.csv", &ended, cost);
    assert_eq!((history.counts.demanded_micros, history.length), (9_300_000, Some(SimSpan::HOUR)));
    assert!(operations[..4].iter().all(|(_, operation)| hour.contains(&operation.at)));
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
    // A day's total is spent some time on that day.
    let day = instant("2025-01-02T00:00:00Z")..instant("2025-01-03T00:00:00Z");
    assert_eq!((operations.len(), total(&operations), operations[0].0.as_str()), (1, 12_660_000, "octo-org"));
    assert!(day.contains(&operations[0].1.at));
}

#[test]
fn copilot_credits_beside_requests_are_two_units() {
    // The header of 2026: names in small letters, requests up to May and AI credits from June in one column.
    let head = "date,username,product,sku,model,quantity,unit_type,applied_cost_per_quantity,gross_amount,discount_amount,\
        net_amount,total_monthly_quota,organization,repository,cost_center_name,aic_quantity,aic_gross_amount\n";
    let text = head.to_owned()
        + "2025-01-02,ann,copilot,copilot_premium_request,Model One,3,requests,0.04,0.12,0.12,0,0,org,,,27.5,0.275\n\
           2025-01-03,ann,copilot,copilot_ai_credit,Model One,46.5,ai-credits,0.01,0.465,0.465,0,3900,org,,,0,0\n";
    let (history, operations) = export("copilot", "ai.csv", &text, "requests");
    assert_eq!((total(&operations), history.counts.mixed_units), (49_500_000, 2));
    let (history, operations) = export("copilot", "ai.csv", &text, "ai_credits + 0 * spend");
    assert_eq!((total(&operations), history.counts.mixed_units), (74_000_000, 2));
    // Told apart by their unit, they are two features and nothing is mixed.
    let world = HistoryTestWorld::new();
    let known = mapping("copilot").expect("a mapping");
    let entry = |value: &str, feature| (value.to_owned(), FeatureIndex(feature));
    let spec = HistorySpec {
        columns: known.columns,
        buckets: known.buckets,
        cost: priced("quantity"),
        features: FeatureMap {
            map: vec![entry("Model One [requests]", 0), entry("[ai-credits]", 1)],
            other: OtherFeatures::Refuse,
        },
        ..spec(&world.file("ai.csv", &text))
    };
    let history = world.good(&spec);
    let of =
        |feature| replay(&history).iter().filter(|(_, one)| one.feature == FeatureIndex(feature)).count();
    assert_eq!((of(0), of(1), history.counts.mixed_units), (1, 1, 0));
}

#[test]
fn cursor_in_its_generations_with_calls_that_were_not_charged() {
    let first = "Date,Model,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens,Cost,Cost to you\n\
        2025-01-02T10:00:00.000Z,model-a,1000,200,5000,300,6500,$0.03,$0.00\n\
        2025-01-03,model-a,1000,200,5000,300,6500,$1.20,$1.44\n";
    let (history, operations) = export("cursor", "first.csv", first, "100 * spend");
    assert_eq!((total(&operations), history.unread.clone()), (123_000_000, names(&["Cost to you"])));
    let second = "Date,Cloud Agent ID,Automation ID,Kind,Model,Max Mode,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens,Cost\n\
        2025-01-02T10:00:00.000Z,,,Included,model-b,No,1,2,3,4,10,Included\n\
        2025-01-02T11:00:00.000Z,,,\"Errored, No Charge\",model-b,No,,,,,,Free\n\
        2025-01-02T12:00:00.000Z,,,\"Aborted, Not Charged\",model-b,No,0,1200,300,0,1500,0\n\
        2025-01-02T13:00:00.000Z,,,User API Key,model-c,No,0,1000,0,200,1200,-\n";
    let (history, operations) = export("cursor", "second.csv", second, "tokens");
    let counts = &history.counts;
    assert_eq!((counts.failed, counts.cancelled, counts.uncharged), (1, 1, 2));
    let costs: Vec<i64> = operations.iter().map(|(_, one)| one.cost.micros() / 1_000_000).collect();
    assert_eq!(costs, [10, 0, 0, 1200]);
}

#[test]
fn anthropic_costs_by_day_and_tokens_by_hour() {
    let costs = "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type,inference_geo,speed\n\
        2025-01-02,Model One,Default,key,message,≤ 200k,input_no_cache,0.05,0.05,token,not_available,\n\
        2025-01-02,Model One,Default,key,message,≤ 200k,output,0.42,0.50,token,not_available,\n";
    let (history, operations) = export("anthropic", "cost.csv", costs, "100 * spend");
    assert_eq!((total(&operations), history.length), (47_000_000, Some(SimSpan::DAY)));
    let hours = "usage_date_utc,model_version,api_key,workspace,usage_type,usage_input_tokens_no_cache,usage_output_tokens\n\
        2025-01-02 02:00:00,model-1,key,Default,standard,1000,10\n\
        2025-01-02 03:00:00,model-1,key,Default,standard,2000,20\n";
    let (history, operations) = export("anthropic", "hours.csv", hours, "tokens_in + tokens_out");
    assert_eq!(history.length, Some(SimSpan::HOUR));
    let at = |index: usize| operations[index].1.at;
    assert!((instant("2025-01-02T02:00:00Z")..instant("2025-01-02T03:00:00Z")).contains(&at(0)));
    assert!((instant("2025-01-02T03:00:00Z")..instant("2025-01-02T04:00:00Z")).contains(&at(1)));
    // The interface's answer: pages of buckets of results, laid out for the eye.
    let page = r#"{"has_more": false, "next_page": null, "data": [
        {"starting_at": "2025-01-02T00:00:00Z", "ending_at": "2025-01-02T01:00:00Z", "results": [
            {"uncached_input_tokens": 1500, "cache_creation": {"ephemeral_1h_input_tokens": 10, "ephemeral_5m_input_tokens": 0},
             "cache_read_input_tokens": 200, "output_tokens": 500, "server_tool_use": {"web_search_requests": 1},
             "workspace_id": "wrk_1", "api_key_id": "key_1", "model": "model-1"},
            {"uncached_input_tokens": 1, "output_tokens": 2, "workspace_id": "wrk_2", "model": "model-1"}]},
        {"starting_at": "2025-01-02T01:00:00Z", "ending_at": "2025-01-02T02:00:00Z", "results": []}]}"#;
    let cost = "tokens_in + cache_writes_1h + tokens_cached + tokens_out + searches";
    let (history, operations) = export("anthropic", "page.json", page, cost);
    assert_eq!((history.counts.rows, total(&operations)), (2, 2_214_000_000));
    assert!(operations.iter().all(|(_, one)| one.at < instant("2025-01-02T01:00:00Z")));
}

#[test]
fn openai_pages_by_minute_and_costs() {
    let page = r#"{"object":"page","has_more":false,"next_page":null,"data":[{"object":"bucket","start_time":1735776000,"end_time":1735776060,"results":[{"object":"organization.usage.completions.result","input_tokens":1000,"output_tokens":500,"input_cached_tokens":800,"num_model_requests":5,"project_id":"proj_a","user_id":null,"model":"model-x"}]},{"object":"bucket","start_time":1735776060,"end_time":1735776120,"results":[]}]}"#;
    let (history, operations) = export("openai", "page.json", page, "tokens_in + tokens_cached + tokens_out");
    assert_eq!((history.counts.rows, operations.len(), total(&operations)), (1, 5, 1_500_000_000));
    assert!(
        operations.iter().all(|(label, one)| label == "proj_a" && one.at < instant("2025-01-02T00:01:00Z"))
    );
    let costs = "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,quantity_unit,line_item,project_id\n\
        1735776000,1735862400,2025-01-02T00:00:00+00:00,2025-01-03T00:00:00+00:00,1.25,usd,100,tokens,\"model-x, input\",proj_a\n";
    let (_, operations) = export("openai", "costs.csv", costs, "spend * 100");
    assert_eq!(total(&operations), 125_000_000);
}

#[test]
fn litellm_documents_and_daily_activity() {
    let array = r#"[
      {"request_id": "c-1", "call_type": "acompletion", "spend": 0.001, "prompt_tokens": 20, "completion_tokens": 10, "startTime": "2025-01-02T10:00:00.123000Z", "endTime": "2025-01-02T10:00:02.123000Z", "model": "m", "team_id": "a", "metadata": {"status": "success"}},
      {"request_id": "c-2", "call_type": "acompletion", "spend": 0.0, "prompt_tokens": 0, "completion_tokens": 0, "startTime": "2025-01-02T10:05:00Z", "endTime": "2025-01-02T10:05:00.1Z", "model": "m", "team_id": "a", "metadata": {"status": "failure"}}
    ]"#;
    let one_line: String = array.lines().map(str::trim).collect();
    for (name, text) in [("logs.json", array), ("line.json", &one_line)] {
        let (history, operations) = export("litellm", name, text, "tokens_in + tokens_out");
        assert_eq!(
            (history.counts.failed, operations.len(), total(&operations)),
            (1, 2, 30_000_000),
            "{name}"
        );
        assert_ne!(operations[0].1.at, operations[1].1.at);
    }
    let daily = "date,api_key,model,model_group,prompt_tokens,completion_tokens,spend,api_requests,successful_requests,failed_requests\n\
        2025-01-02,sk-a,m,m,1000,200,0.5,4,3,1\n";
    let (history, operations) = export("litellm", "daily.csv", daily, "spend * 100");
    assert_eq!((operations.len(), total(&operations)), (4, 50_000_000));
    assert_eq!(history.unread, names(&["successful_requests", "failed_requests"]));
}

#[test]
fn openrouter_by_day_and_generations_sent_twice() {
    let daily = "date,model,model_permaslug,provider_name,usage,byok_usage_inference,requests,prompt_tokens,completion_tokens,reasoning_tokens\n\
        2025-01-02,vendor/m,vendor/m-1,vendor,0.25,0,5,1000,100,0\n";
    let (_, operations) = export("openrouter", "daily.csv", daily, "100 * spend");
    assert_eq!((operations.len(), total(&operations)), (5, 25_000_000));
    let detail = "generation_id,created_at,cost_total,byok_usage_inference,tokens_prompt,tokens_completion,tokens_cached,model_permaslug,cancelled,user,finish_reason_normalized,generation_time_ms,api_key_name\n\
        gen-1,2025-01-02 02:37:51.271,0.01,0,150,200,120,vendor/m-1,false,u,stop,4210,key\n\
        gen-1,2025-01-02 02:37:51.271,0.01,0,150,200,120,vendor/m-1,false,u,stop,4210,key\n\
        gen-2,2025-01-02 04:00:00,0.02,0,400,40,0,vendor/m-1,true,u,cancelled,900,key\n\
        gen-3,2025-01-02 05:00:00,0,0,400,0,0,vendor/m-1,false,u,error,900,key\n";
    let (history, operations) = export("openrouter", "detail.csv", detail, "tokens_in + tokens_cached / 10");
    let counts = &history.counts;
    assert_eq!((counts.dropped, counts.cancelled, counts.failed), (1, 1, 1));
    assert_eq!(total(&operations), (30 + 12 + 400 + 400) * 1_000_000);
}

#[test]
fn stripe_meter_events() {
    let event = |id: &str, customer: &str, value: &str, at: u64| {
        format!(
            "{{\"object\":\"billing.meter_event\",\"event_name\":\"ai_tokens\",\"identifier\":\"{id}\",\"payload\":{{\"stripe_customer_id\":\"{customer}\",\"value\":\"{value}\"}},\"timestamp\":{at}}}\n"
        )
    };
    let text = event("e1", "cus_1", "250", 1_735_812_000)
        + &event("e2", "cus_2", "1000", 1_735_812_500)
        + &event("e2", "cus_2", "1000", 1_735_812_500);
    let (history, operations) = export("stripe", "events.jsonl", &text, "value");
    assert_eq!((history.organizations(), history.counts.dropped, total(&operations)), (2, 1, 1_250_000_000));
    let csv = "timestamp,event_name,payload_stripe_customer_id,payload_value\n2025-01-02,search,cus_1,400\n";
    assert_eq!(total(&export("stripe", "events.csv", csv, "value").1), 400_000_000);
}

#[test]
fn langfuse_observations() {
    let text = r#"{"id":"o1","traceId":"t1","type":"GENERATION","startTime":"2025-01-02T10:00:00.000Z","endTime":"2025-01-02T10:00:02.000Z","model":"m","userId":"ann","level":"DEFAULT","usageDetails":{"input":100,"output":20,"total":120},"totalCost":0.01}
{"id":"o2","traceId":"t1","type":"GENERATION","startTime":"2025-01-02T10:01:00.000Z","endTime":"2025-01-02T10:01:01.000Z","model":"m","userId":"ann","level":"ERROR","statusMessage":"timeout","usageDetails":{"input":50,"output":0,"total":50},"totalCost":0}
{"id":"o3","traceId":"t1","type":"SPAN","startTime":"2025-01-02T10:02:00.000Z","name":"retrieve","userId":"ann","level":"DEFAULT"}
"#;
    let (history, operations) = export("langfuse", "observations.jsonl", text, "tokens_in + 4 * tokens_out");
    assert_eq!((history.counts.failed, history.counts.sizeless, total(&operations)), (1, 1, 230_000_000));
    assert_eq!(operations[0].1.duration, SimSpan::from_seconds(2));
}

#[test]
fn helicone_requests() {
    let text = "response_id,request_created_at,response_created_at,request_model,response_status,request_user_id,delay_ms,prompt_tokens,completion_tokens,total_tokens,cost_usd\n\
        r1,2025-01-02T10:00:00.000Z,2025-01-02T10:00:02.100Z,m,200,u1,2100,1000,200,1200,0.0045\n\
        r2,2025-01-02T10:05:00.000Z,2025-01-02T10:05:00.200Z,m,429,u1,200,0,0,0,0\n";
    let (history, operations) = export("helicone", "requests.csv", text, "spend * 10000");
    assert_eq!((history.counts.failed, total(&operations)), (1, 45_000_000));
    assert_eq!(operations[0].1.duration, SimSpan::from_micros(2_100_000));
}

#[test]
fn bills_of_clouds_keep_usage_and_leave_out_the_rest() {
    let focus = "BilledCost,EffectiveCost,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,ConsumedUnit,ServiceName,SubAccountId\n\
        1.5,1.2,Usage,2025-01-02T00:00:00Z,2025-01-02T01:00:00Z,3,Tokens,Models,acct-1\n\
        9,9,Tax,2025-01-01T00:00:00Z,2025-02-01T00:00:00Z,,,Models,acct-1\n\
        -2,-2,Credit,2025-01-01T00:00:00Z,2025-02-01T00:00:00Z,,,Models,acct-1\n";
    let (history, operations) = export("focus", "focus.csv", focus, "100 * spend");
    assert_eq!((history.counts.other_kinds, total(&operations)), (2, 120_000_000));
    assert!(operations[0].1.at < instant("2025-01-02T01:00:00Z"));
    for head in [
        "lineItem/UsageStartDate,lineItem/UsageEndDate,lineItem/LineItemType,lineItem/UsageAccountId,lineItem/ProductCode,lineItem/UsageAmount,lineItem/UnblendedCost,pricing/unit",
        "line_item_usage_start_date,line_item_usage_end_date,line_item_line_item_type,line_item_usage_account_id,line_item_product_code,line_item_usage_amount,line_item_unblended_cost,pricing_unit",
    ] {
        let text = format!(
            "{head}\n\
            2025-01-02T00:00:00Z,2025-01-02T01:00:00Z,Usage,1234,AmazonBedrock,1000,0.75,1K tokens\n\
            2025-01-01T00:00:00Z,2025-02-01T00:00:00Z,Tax,1234,AmazonBedrock,1,0.1,\n"
        );
        let (history, operations) = export("cur", "cur.csv", &text, "quantity / 1000 + spend");
        assert_eq!((history.counts.other_kinds, total(&operations)), (1, 1_750_000));
    }
}

#[test]
fn lines_are_right_whatever_ends_them() {
    let world = HistoryTestWorld::new();
    let text = |end: &str| {
        let lines = [
            "time,org,feature,units",
            "",
            "2025-01-02,\"a",
            "b\",chat,1",
            "2025-01-02,a,chat,many",
            "soon,a,chat,1",
        ];
        lines.join(end)
    };
    for (name, end) in [("lf.csv", "\n"), ("crlf.csv", "\r\n")] {
        let said = world.prepare(&spec(&world.file(name, &text(end)))).expect_err("it is bad").to_string();
        for wanted in [format!("{name}:5`: `units` is `many`"), format!("{name}:6`: `time` is `soon`")] {
            assert!(said.contains(&wanted), "`{wanted}` is not in {said}");
        }
    }
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
        + &event("2", "output", "150", "2025-01-02T10:00:09Z")
        // The same number of another source is another event.
        + &event("2", "output", "7", "2025-01-02T10:00:10Z").replace("\"api\"", "\"worker\"");
    let (history, operations) =
        export("openmeter", "events.jsonl", &text, "tokens_in * 0.001 + tokens_out * 0.01");
    let wanted = [
        row("customer-1", "2025-01-02T10:00:00.123Z", 2_000_000),
        row("customer-1", "2025-01-02T10:00:00.123Z", 1_500_000),
        row("customer-1", "2025-01-02T10:00:05Z", 0),
        row("customer-1", "2025-01-02T10:00:10Z", 70_000),
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
