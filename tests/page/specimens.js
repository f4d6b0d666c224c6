// Made-up pictures, one of each kind, in the form in which the page gets them.

const names = ["block", "overdraft-200", "hold", "a policy with a very long name that nobody would type"];
// The last one has begun the palette anew.
export const series = names.map((name, index) => ({ name, color: [0, 1, 2, 8][index], baseline: index === 0 }));

function value(mean, unit = "%", half = Math.abs(mean) * 0.15) {
  return { mean, low: mean - half, high: mean + half, text: `${mean} ±${half.toFixed(1)} ${unit}` };
}

function axis(label, unit, low, high, count = 4) {
  const ticks = Array.from({ length: count + 1 }, (_, index) => low + ((high - low) * index) / count);
  return { label, unit, scale: "linear", low, high, ticks: ticks.map((at) => ({ at, label: String(at) })) };
}

function named(labels) {
  return { label: "", unit: "", scale: "names", low: -0.5, high: labels.length - 0.5, ticks: labels.map((label, at) => ({ at, label })) };
}

function time(days) {
  const start = Date.UTC(2025, 0, 1) / 1000;
  const ticks = [0, 31, 59].filter((day) => day < days).map((day, month) => ({ at: start + day * 86400, label: ["Jan", "Feb", "Mar"][month] }));
  return { label: "", unit: "", scale: "time", low: start, high: start + days * 86400, ticks };
}

function picture(name, title, ...panels) {
  const left_out = [{ what: "in_flight_max", why: "0 under every policy" }];
  return { name, title, subtitle: "made up; whiskers: 95 % interval", series, notes: ["A note that says `what` to know."], left_out, panels };
}

function panel(title, x, y, content) {
  return { title, x, y, content };
}

const verdicts = [["better", "+"], ["worse", "-"], ["undecided", "~"]];
const means = [18, 14.2, 19.1, 15];
const bars = {
  kind: "bars", difference: axis("difference to block", "points", -6, 3, 3),
  rows: means.map((mean, index) => ({
    series: index, value: value(mean),
    difference: index === 0 ? null : { ...value(Number((mean - 18).toFixed(1)), "points", 0.9), verdict: verdicts[index - 1][0], sign: verdicts[index - 1][1] },
  })),
};

const curve = (index, style) => ({
  series: index, label: style === "aside" ? "median" : "", style,
  points: Array.from({ length: 30 }, (_, day) => ({ x: time(90).low + day * 3 * 86400, ...value(Math.round(100 + 40 * Math.sin(day / 4 + index) + 9 * index), "credits", 8) })),
});

const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const hours = Array.from({ length: 24 }, (_, hour) => String(hour));
const shades = (index) => panel(names[index], named(hours), named(days), {
  kind: "shades", series: index, most: 10,
  values: days.map((_, day) => hours.map((_, hour) => Math.max(0, Math.round(10 * Math.sin(hour / 4) * (day < 5 ? 1 : 0.2)))),),
});

export const specimens = [
  picture("bars", "`overdraft-200` cuts refusals to 14 %, against 18 % of operations under `block`", panel("refusal_rate [%]", axis("refusal_rate", "%", 0, 24), named(names), bars)),
  picture("dots", "`hold` with limit = 200 is chosen", panel("", axis("lost_credits", "credits", 0, 200), named([]), {
    kind: "dots", lines: [{ at: 150, label: "at most 150" }],
    rows: [80, 120, 180].map((mean, index) => ({ series: 2, label: `policies.hold.overdraft.limit = ${100 * index}`, remark: ["chosen", "", "breaks"][index], marked: index === 0, value: value(mean, "credits") })),
  })),
  picture("swings", "Arrivals move the losses of `hold` most", panel("lost_credits under hold", axis("lost_credits", "credits", 0, 400), named([]), {
    kind: "swings", base: 120,
    rows: [["features.agent.steps.work.repeat.lognormal.median", 40, 350, true], ["policy.buyer.on_refusal", 110, 140, false]]
      .map(([label, low, high, ranking_changes]) => ({ label, low: value(low, "credits"), high: value(high, "credits"), width: value(high - low, "credits"), ranking_changes })),
  })),
  picture("stacks", "Three of ten credits expire under `block`", panel("", axis("issued_credits", "credits", 0, 1000), named(names), {
    kind: "stacks", parts: ["burned", "rolled over", "expired", "remaining"],
    rows: names.map((_, index) => ({ series: index, total: "1,000 credits", parts: [500 + 50 * index, 100, 300 - 50 * index, 100].map((mean) => value(mean, "credits")) })),
  })),
  picture("curves", "Balances of `block` fall to nothing before each month ends",
    panel("settled", time(90), axis("settled", "credits", 0, 200), { kind: "curves", curves: [curve(0, "line"), curve(1, "dotted"), curve(2, "steps"), curve(0, "aside")] }),
    panel("debt", time(90), axis("debt", "credits", 0, 200), { kind: "curves", curves: [curve(1, "line")] })),
  picture("points", "Nobody would give up `hold` with limit = 0", panel("", axis("loss_rate", "%", 0, 20), axis("overspend_credits", "credits", 0, 2000), {
    kind: "points", joined: true,
    points: [[2, 1800, "limit = 0"], [5, 900, "limit = 100"], [5.3, 905, "limit = 110"], [19, 100, "limit = 300"]]
      .map(([x, y, label], index) => ({ series: index % 3, label, marked: index !== 2, x: value(x, "%"), y: value(y, "credits") })),
  })),
  picture("shades", "Refusals come on weekday mornings", ...[0, 1].map(shades)),
];
