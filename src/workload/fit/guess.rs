//! Which column is what, told by its name.
//!
//! Leaves the words to `words`. The exports of known products are read as a replay reads them; everything else by common names,
//! compared without case and punctuation, the most telling first; where no whole name is known, by the last word of names
//! such as `payload.value` and `inputTokens`. Invariant: a column that nobody takes is named in [`Guess::unread`].

use crate::workload::history::{CREDITS_PER_MONEY, Mapping, last_word, looks_like, mapping, plain};

use super::words::{
    CALLS, DURATIONS, ENDS, FEATURES, IDS, INPUTS, MEMBERS, NO_BEGINNINGS, ORGANIZATIONS, OUTPUTS, SPENDS,
    STATUSES, TIMES, UNIT_NAMES, UNITS,
};

/// Sizes of an operation that are fitted at most.
pub const MOST_SIZES: usize = 6;

/// A size of a call, and where it stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SizeColumns {
    /// Its name in formulas.
    pub name: String,
    /// Alternatives; the first cell that is not empty counts.
    pub columns: Vec<String>,
    /// A part of it that is a size of its own, and is taken off.
    pub less: Option<String>,
}

impl SizeColumns {
    /// The size that a replay reads as `text`, as far as the header has it; none if it has not, or if it counts in some
    /// rows only.
    fn of(name: &str, text: &str, spelt: &dyn Fn(&String) -> Option<String>) -> Option<SizeColumns> {
        let mut size = SizeColumns { name: name.to_owned(), ..SizeColumns::default() };
        for alternative in text.split('|').filter(|alternative| !alternative.contains('[')) {
            let (whole, less) = alternative.split_once(" - ").unzip();
            size.columns.extend(spelt(&whole.unwrap_or(alternative).to_owned()));
            size.less = size.less.or(less.and_then(|less| spelt(&less.to_owned())));
        }
        (!size.columns.is_empty()).then_some(size)
    }
}

/// What the columns of a history were taken for; several names are alternatives, the first cell that is not empty
/// counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Guess {
    /// The product whose export it is, if one is known.
    pub export: Option<&'static str>,
    /// Arrival.
    pub time: Vec<String>,
    /// End of the work.
    pub end: Vec<String>,
    /// Organization.
    pub organization: Vec<String>,
    /// Feature.
    pub feature: Vec<String>,
    /// Person who asks.
    pub member: Vec<String>,
    /// Columns that together number a row of an organization; rows that repeat it are left out.
    pub id: Vec<String>,
    /// Unit in which sizes are counted; features in several units are as many features.
    pub unit: Vec<String>,
    /// Columns of the kind of a row and the kinds that are usage; other rows are left out.
    pub kinds: Option<(Vec<String>, Vec<String>)>,
    /// Sizes.
    pub sizes: Vec<SizeColumns>,
    /// The size that is a cost: its index, and credits in one of it.
    pub spend: Option<(usize, f64)>,
    /// Work time and seconds in its unit.
    pub duration: Option<(String, f64)>,
    /// Outcome; the worst of several counts.
    pub status: Vec<String>,
    /// Words that mean cancelled beside those that everyone uses.
    pub cancelled: Vec<String>,
    /// Calls of a bucket; a history with this column is one of buckets.
    pub calls: Option<String>,
    /// Columns that nothing is taken from.
    pub unread: Vec<String>,
}

impl Guess {
    /// Every column that is used, once.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        let mut columns: Vec<String> = Vec::new();
        let groups = [
            &self.time,
            &self.end,
            &self.organization,
            &self.feature,
            &self.member,
            &self.id,
            &self.unit,
            &self.status,
        ];
        let kinds = self.kinds.iter().flat_map(|(columns, _)| columns);
        let single = self.duration.iter().map(|(column, _)| column).chain(kinds).chain(&self.calls);
        let all = groups
            .into_iter()
            .flatten()
            .chain(self.sizes.iter().flat_map(|size| size.columns.iter().chain(&size.less)))
            .chain(single);
        for column in all {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
        columns
    }
}

/// Columns named of those that nothing is taken from.
const MOST_NAMED: usize = 24;

impl Guess {
    /// What a reader should know of the columns: that none names organizations, and which ones nothing is taken from.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let (named, rest) = self.unread.split_at(self.unread.len().min(MOST_NAMED));
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        let alone = "no column is known to name an organization, so that all rows are one customer's";
        let unread = format!("nothing is taken from the columns: {}{more}", named.join(", "));
        let remarks = [(self.organization.is_empty(), alone.to_owned()), (!named.is_empty(), unread)];
        remarks.into_iter().filter_map(|(applies, remark)| applies.then_some(remark)).collect()
    }
}

/// Guesses from a header; `None` without a column of times.
#[must_use]
pub fn guess(header: &[String]) -> Option<Guess> {
    let export = looks_like(header).and_then(|name| known_export(name, header));
    let mut guess = export.or_else(|| by_names(header))?;
    let read = guess.columns();
    guess.unread = header.iter().filter(|name| !read.contains(name)).cloned().collect();
    Some(guess)
}

/// The export of a known product, in the spelling of its header.
fn known_export(name: &'static str, header: &[String]) -> Option<Guess> {
    let Mapping { columns, quantities, buckets, kinds, .. } = mapping(name)?;
    let spelt = |wanted: &String| {
        let exact = header.iter().find(|known| *known == wanted);
        exact.or_else(|| header.iter().find(|known| plain(known) == plain(wanted))).cloned()
    };
    let there = |names: &[String]| names.iter().filter_map(spelt).collect::<Vec<_>>();
    let time = there(&columns.time);
    let requests = buckets.and_then(|buckets| buckets.requests);
    let sizes: Vec<SizeColumns> = quantities
        .iter()
        // How many calls a bucket holds is no size of a call, unless it is all that is known.
        .filter(|(_, text)| Some(text) != requests.as_ref())
        .filter_map(|(name, text)| SizeColumns::of(name, text, &spelt))
        .collect();
    let requests = requests.as_ref().and_then(spelt);
    if time.is_empty() || sizes.is_empty() && requests.is_none() {
        return None;
    }
    let sizes = most_important(sizes);
    let organization = there(&columns.organization);
    let member = there(&columns.member).into_iter().filter(|name| !organization.contains(name)).collect();
    let spend = sizes.iter().position(|size| size.name == "spend").map(|index| (index, CREDITS_PER_MONEY));
    let duration = columns
        .duration
        .and_then(|duration| Some((spelt(&duration.column)?, duration.unit.as_seconds_f64())));
    let kinds = kinds.map(|kinds| (there(&kinds.columns), kinds.usage));
    Some(Guess {
        export: Some(name),
        end: there(&columns.end),
        member,
        id: there(&columns.id),
        unit: there(&columns.unit),
        kinds: kinds.filter(|(columns, _)| !columns.is_empty()),
        spend,
        duration,
        cancelled: columns.status.as_ref().map(|status| status.cancelled.clone()).unwrap_or_default(),
        status: columns.status.map(|status| there(&status.columns)).unwrap_or_default(),
        calls: requests,
        time,
        organization,
        feature: there(&columns.feature),
        sizes,
        unread: Vec::new(),
    })
}

/// The sizes that matter most: what was spent, what went in and came out, then the order of the export. A total of tokens
/// says nothing beside its parts, and one unit of what is counted (`requests`, `ai_credits`) nothing beside all of them.
fn most_important(mut sizes: Vec<SizeColumns>) -> Vec<SizeColumns> {
    let has = |sizes: &[SizeColumns], name: &str| sizes.iter().any(|size| size.name == name);
    if has(&sizes, "tokens_in") && has(&sizes, "tokens_out") {
        sizes.retain(|size| size.name != "tokens");
    }
    if has(&sizes, "requests") {
        sizes.retain(|size| size.name != "ai_credits");
    }
    let rank = |size: &SizeColumns| match size.name.as_str() {
        "spend" => 0,
        "tokens_in" | "tokens_out" => 1,
        _ => 2,
    };
    let place: Vec<String> = sizes.iter().map(|size| size.name.clone()).collect();
    sizes.sort_by_key(rank);
    sizes.truncate(MOST_SIZES);
    // Chosen by importance, written in the order of the export.
    sizes.sort_by_key(|size| place.iter().position(|name| *name == size.name));
    sizes
}

fn of_column(column: &str) -> SizeColumns {
    SizeColumns { name: identifier(column), columns: vec![column.to_owned()], less: None }
}

fn by_names(header: &[String]) -> Option<Guess> {
    let find = |names: &[&str]| {
        names.iter().find_map(|name| header.iter().find(|column| plain(column) == plain(name))).cloned()
    };
    // By the last word, for names that say whose field it is: `payload.value`, `properties.tokens`, `usage_inputTokens`.
    let find_ending = |names: &[&str]| {
        let ends = |column: &&String, name: &str| {
            let tail = column.rsplit(['.', '/', ':']).next().unwrap_or(column);
            plain(tail) == plain(name) || !name.contains('_') && last_word(column) == name
        };
        names.iter().find_map(|name| header.iter().find(|column| ends(column, name))).cloned()
    };
    let find_either = |names: &[&str]| find(names).or_else(|| find_ending(names));
    let all = |name: Option<String>| -> Vec<String> { name.into_iter().collect() };
    let begins = |column: &String| !NO_BEGINNINGS.iter().any(|word| plain(column).contains(word));
    let time = find(TIMES).or_else(|| find_ending(TIMES).filter(begins))?;
    let not_time = |column: &String| *column != time;
    let organization = find_either(ORGANIZATIONS).filter(not_time);
    let feature = find_either(FEATURES).filter(not_time);
    let mut sizes: Vec<String> = [find_either(INPUTS), find_either(OUTPUTS)].into_iter().flatten().collect();
    let taken = |column: &String| {
        *column == time || Some(column) == organization.as_ref() || Some(column) == feature.as_ref()
    };
    if sizes.is_empty() {
        sizes.extend(find_either(UNITS).filter(|column| !taken(column)));
    }
    let spend = find_either(SPENDS).filter(|column| !sizes.contains(column) && !taken(column));
    sizes.extend(spend.clone());
    let is_money = spend.as_ref().is_some_and(|column| !plain(column).contains("credits"));
    // Whole names only: `user_id` numbers no row.
    let id = find(IDS).or_else(|| header.iter().find(|column| last_of_path(column) == "id").cloned());
    let used = |column: &String| taken(column) || sizes.contains(column);
    Some(Guess {
        export: None,
        end: all(find_either(ENDS).filter(|column| *column != time)),
        member: all(find(MEMBERS).filter(|column| !used(column))),
        id: all(id.filter(|column| !used(column))),
        unit: all(find_either(UNIT_NAMES).filter(|column| !used(column))),
        kinds: None,
        spend: spend.map(|_| (sizes.len() - 1, if is_money { CREDITS_PER_MONEY } else { 1.0 })),
        duration: DURATIONS.iter().find_map(|(name, unit)| Some((find(&[name])?, *unit))),
        status: all(find_either(STATUSES).filter(|column| !used(column))),
        cancelled: Vec::new(),
        calls: find(CALLS),
        sizes: sizes.into_iter().map(|column| of_column(&column)).collect(),
        time: vec![time],
        organization: organization.into_iter().collect(),
        feature: feature.into_iter().collect(),
        unread: Vec::new(),
    })
}

/// What stands behind the last dot, in small letters.
fn last_of_path(column: &str) -> String {
    column.rsplit('.').next().unwrap_or(column).to_lowercase()
}

/// A column's name as a formula can use it.
fn identifier(name: &str) -> String {
    let mut identifier: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    // Names that formulas know already, or that do not begin with a letter.
    if !identifier.starts_with(|c: char| c.is_ascii_lowercase())
        || matches!(identifier.as_str(), "turn" | "duration")
    {
        identifier.insert_str(0, "size_");
    }
    identifier
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_told_by_their_names() {
        // Header; export, organization, sizes, calls, status.
        let cases = [
            (
                "timestamp,org,feature,units,duration_ms,status,steps,model",
                None,
                "org",
                "units",
                None,
                Some("status"),
            ),
            (
                "start_time,start_time_iso,project_id,model,input_tokens,output_tokens,num_model_requests",
                Some("openai"),
                "project_id",
                "tokens_in tokens_out",
                Some("num_model_requests"),
                None,
            ),
            (
                "request_id,startTime,endTime,team_id,model,prompt_tokens,completion_tokens,spend,status",
                Some("litellm"),
                "team_id",
                "tokens_in tokens_out spend",
                None,
                Some("status"),
            ),
            ("Created At,Customer,Credits Used", None, "Customer", "credits_used", None, None),
            (
                "Date,User Email,Workspace Name,Model,Characters Used,Credits Used,Request ID",
                None,
                "Workspace Name",
                "characters_used credits_used",
                None,
                None,
            ),
            (
                "time,subject,type,id,data.model,data.tokens",
                Some("openmeter"),
                "subject",
                "tokens",
                None,
                None,
            ),
        ];
        for (header, export, organization, sizes, calls, status) in cases {
            let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
            let guess = guess(&columns).expect(header);
            assert_eq!(
                (guess.export, guess.organization.as_slice()),
                (export, [organization.to_owned()].as_slice())
            );
            let names: Vec<&str> = guess.sizes.iter().map(|size| size.name.as_str()).collect();
            assert_eq!(names.join(" "), sizes, "{header}");
            assert_eq!(
                (guess.calls.as_deref(), guess.status.first().map(String::as_str)),
                (calls, status),
                "{header}"
            );
        }
        assert_eq!(guess(&["who".to_owned(), "what".to_owned()]), None);
    }

    #[test]
    fn names_are_known_by_their_last_word_and_what_is_left_is_named() {
        // Header; time, organization, feature, sizes, ids, what is not read.
        let cases = [
            (
                "created,body.customer_id,body.value,event.name,meta.id,livemode",
                ["created", "body.customer_id", "event.name", "body_value", "meta.id", "livemode"],
            ),
            (
                "startTime,userId,modelName,inputTokens,outputTokens,reasoningTokens,totalCost",
                [
                    "startTime",
                    "userId",
                    "modelName",
                    "inputtokens outputtokens totalcost",
                    "",
                    "reasoningTokens",
                ],
            ),
            ("Date,Slug,Usage", ["Date", "", "Slug", "spend", "", ""]),
        ];
        for (header, wanted) in cases {
            let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
            let guess = guess(&columns).expect(header);
            let sizes: Vec<&str> = guess.sizes.iter().map(|size| size.name.as_str()).collect();
            let found = [
                guess.time.join(" "),
                guess.organization.join(" "),
                guess.feature.join(" "),
                sizes.join(" "),
                guess.id.join(" "),
                guess.unread.join(", "),
            ];
            assert_eq!(found, wanted, "{header}");
        }
    }

    #[test]
    fn sizes_are_chosen_by_importance() {
        let header = "usage_date_utc,workspace,model_version,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,\
            usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count,cost_usd";
        let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
        let guess = guess(&columns).expect(header);
        let names: Vec<&str> = guess.sizes.iter().map(|size| size.name.as_str()).collect();
        assert_eq!(
            names,
            ["tokens_in", "cache_writes", "cache_writes_1h", "tokens_cached", "tokens_out", "spend"]
        );
        assert_eq!(guess.unread, ["web_search_count"]);
    }
}
