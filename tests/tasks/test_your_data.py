"""The tasks of 13_your_data, proved: each mistake is named, each right answer passes."""

import copy

import torch
from support.proof import proofs

from helpers import init_params, linreg, lr_limit, train

CHOICES = {
    "columns": {
        "id": "drop",
        "listed": "days",
        "district": "levels",
        "area": "comma",
        "area_sqft": "drop",
        "built": "odd missing",
        "currency": "drop",
        "deposit": "drop",
        "rent": "unit thousands",
    },
    "duplicates": "once",
    "missing": "fill",
}
PAGE = {
    "purpose": "What may a landlord ask for a flat like this one?",
    "units": {"rent": "€", "area": "m²"},
    "doubts": [
        "The rents are asked for, not paid: they may be too high.",
        "Flats of one year, of one town only.",
    ],
}
CHINESE = {
    "purpose": "这样的房子房东可以要多少租金？",
    "units": {"rent": "欧元", "area": "平方米"},
    "doubts": ["这些是要价，不是成交价，可能偏高。", "只有一个城市一年的房子。"],
}


def chosen(**changed):
    """The good choices, but for these; of columns, but for these columns."""
    new = copy.deepcopy(CHOICES)
    for key, value in changed.items():
        (new if key in new else new["columns"])[key] = value
    return new


def without(name):
    new = copy.deepcopy(CHOICES)
    del (new if name in new else new["columns"])[name]
    return new


def paged(**changed):
    return PAGE | changed


def prepared(
    mean=lambda X, X_test: X.nanmean(0),
    fill=lambda part, mean: torch.where(part.isnan(), mean, part),
    std=lambda X, X_test: X.std(0),
    zero=lambda std: torch.where(std == 0, 1, std),
    own=None,
    end=lambda *parts: parts,
):
    def prepare(X, X_test):
        m = mean(X, X_test)
        m_test = own(X_test) if own else m
        A, B = fill(X, m), fill(X_test, m_test)
        s = zero(std(A, B))
        return end((A - m) / s, (B - m_test) / s, m, s)

    return prepare


def prepare_in_numpy(X, X_test):
    columns, tests, means, stds = [], [], [], []
    for x, t in zip(X.T, X_test.T, strict=True):
        there = x[~x.isnan()]
        m = there.mean()
        s = there.std(correction=0) if (there != there[0]).any() else torch.tensor(1.0)
        columns.append((x.nan_to_num(m.item()) - m) / s)
        tests.append((t.nan_to_num(m.item()) - m) / s)
        means.append(m)
        stds.append(s)
    return torch.stack(columns, 1), torch.stack(tests, 1), torch.stack(means), torch.stack(stds)


def of_mean(centre, end=lambda e: e.square().mean().sqrt().item()):
    return lambda y, y_test: end(y_test - centre(y, y_test))


def learned(
    lr=lambda X: 0.9 * lr_limit(X),
    epochs=200,
    batch=len,
    end=lambda w, b: (w.detach(), b.detach()),
    target=None,
):
    def learn(X, y):
        w, b = init_params(X.shape[1])
        y = target(y) if target else y
        train([w, b], X, y, lr(X), num_epochs=epochs, batch_size=batch(X), report=None)
        return end(w, b)

    return learn


def learn_by_hand(X, y):
    w, b = torch.zeros(X.shape[1], 1), y.mean()
    for _ in range(500):
        w -= 0.5 * lr_limit(X) * X.T @ (X @ w + b - y) / len(X)
    return w, b


def learn_nothing(X, y):
    return init_params(X.shape[1])


def learn_upstream(X, y):
    w, b = learned()(X, y)
    return w, torch.zeros(1)


def between(
    low=0.025,
    high=0.975,
    statistic=lambda e: e.square().mean(1).sqrt(),
    picks=lambda n: torch.randint(n, (2000, n)),
    end=lambda low, high: (low.item(), high.item()),
):
    def interval(errors):
        draws = statistic(errors.flatten()[picks(len(errors))])
        return end(draws.quantile(low), draws.quantile(high))

    return interval


def interval_by_loop(errors):
    e = errors.flatten()
    found = sorted(float(e[torch.randint(len(e), (len(e),))].square().mean() ** 0.5) for _ in range(1000))
    return [torch.tensor([found[25]]), torch.tensor([found[975]])]


def judged(
    statistic=lambda e: e.square().mean(-1).sqrt(),
    same=True,
    names=("better", "not told apart", "worse"),
    decide=lambda gap: 0 if gap.quantile(0.975) < 0 else 2 if gap.quantile(0.025) > 0 else 1,
):
    def verdict(errors, base_errors):
        picks = torch.randint(len(errors), (2000, len(errors)))
        others = picks if same else torch.randint(len(errors), (2000, len(errors)))
        gap = statistic(errors.flatten()[picks]) - statistic(base_errors.flatten()[others])
        return names[decide(gap)]

    return verdict


def verdict_of_squares(errors, base_errors):
    gap = (errors**2 - base_errors**2).flatten()
    draws = gap[torch.randint(len(gap), (3000, len(gap)))].mean(1).sort().values
    return "better" if draws[2925] < 0 else "worse" if draws[75] > 0 else "not told apart"


def verdict_of_points(errors, base_errors):
    return "better" if errors.square().mean() < base_errors.square().mean() else "worse"


def verdict_of_intervals(errors, base_errors):
    (low, high), (base_low, base_high) = between()(errors), between()(base_errors)
    return "better" if high < base_low else "worse" if low > base_high else "not told apart"


def rms(errors):
    return errors.square().mean().sqrt().item()


GOOD = prepared()


def least_squares(X, y):
    """Quick, as the proofs run a project many times."""
    theta = torch.linalg.lstsq(torch.cat([X, torch.ones(len(X), 1)], 1), y).solution
    return theta[:-1], theta[-1]


def projected(
    known_of=lambda known, held: known,
    prepare=GOOD,
    split=lambda n, seed: torch.randperm(n, generator=torch.Generator().manual_seed(seed)),
    size=lambda n: n // 4,
    base=lambda y, known, held: y[known].mean(),
    learn=least_squares,
    scored=lambda known, held: held,
    change=lambda result: result,
    judge_of=lambda known, held: known,
):
    def project(X, y, seed):
        rows = split(len(X), seed)
        held, known = rows[: size(len(X))], rows[size(len(X)) :]
        taught = known_of(known, held)
        _, _, mean, std = prepare(X[taught], X[held])
        Z = (torch.where(X.isnan(), mean, X) - mean) / std
        w, b = learn(Z[taught], y[taught])
        errors, base_errors = y - linreg(Z, w, b), y - base(y, known, held)
        A, theirs = torch.cat([Z, torch.ones(len(Z), 1)], 1), judge_of(known, held)
        best = torch.linalg.lstsq(A[theirs], y[theirs]).solution
        which = scored(known, held)
        low, high = between()(errors[which])
        return change(
            {
                "held": held,
                "w": w,
                "b": b,
                "mean": mean,
                "std": std,
                "error": rms(errors[which]),
                "low": low,
                "high": high,
                "base": rms(base_errors[held]),
                "judge": rms((y - A @ best)[held]),
                "verdict": judged()(errors[which], base_errors[which]),
                "effects": w.flatten() / std,
            }
        )

    return project


def everything(known, held):
    return torch.cat([known, held])


def changed(**values):
    return projected(change=lambda r: r | {key: value(r) for key, value in values.items()})


WORDS = {"better": "better than", "not told apart": "not told apart from", "worse": "worse than"}


def short(value):
    value = float(f"{value:.3g}")
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def told(form="The error is {e} {u} (95 %: {l} to {h}), {v} the mean with {b}.", digits=short, words=WORDS):
    def conclude(error, low, high, base, verdict, unit):
        e, lo, hi, b = map(digits, (error, low, high, base))
        text = form
        for name, value in zip("elhbvu", (e, lo, hi, b, words[verdict], unit), strict=True):
            text = text.replace("{" + name + "}", value)
        return text

    return conclude


def conclude_in_if(error, low, high, base, verdict, unit):
    text = (
        f"{error:.3} ± [{low:.3}; {high:.3}] {unit}"
        if error < 100
        else f"{error:,.0f} [{low:.0f}; {high:.0f}] "
    )
    text += f"{unit}, mean: {base:.0f}" if base > 1 else f"mean {base:.2f}"
    if verdict == "better":
        return text + ": beaten"
    return text + (": worse!" if verdict == "worse" else ": who knows")


# task -> answers that pass, and answers that do not, each with words that its note must hold
ANSWERS = {
    "13-choices": {
        "right": [
            CHOICES,
            chosen(area="drop", area_sqft="number", missing="drop rows"),
            chosen(listed="drop", built="drop", district="drop"),
        ],
        "wrong": [
            ("a dict", "drop everything"),
            ("name: word", {"columns": ["id"]}),
            ("8 choices are open: listed", {"columns": {"id": "drop"}}),
            ("measures nothing", chosen(id="number")),
            ("one and a half", chosen(rent="unit")),
            ("they say the same", chosen(area_sqft="number")),
            ("size of the flat", chosen(area="drop")),
            ("both sides of the split", chosen(duplicates="keep")),
            ("open: deposit", chosen(deposit="number")),
            ("open: missing", without("missing")),
            ("open: currency", without("currency")),
            ("speaks of 'flat'", chosen(flat="drop")),
            ("is no choice", chosen(rooms="integer")),
            ("does not fit", chosen(rooms="days")),
        ],
    },
    "prepare": {
        "right": [prepared(), prepare_in_numpy, prepared(zero=lambda s: s + (s == 0).float())],
        "wrong": [
            ("one gap makes", prepared(mean=lambda X, X_test: X.mean(0))),
            ("0 / 0", prepared(zero=lambda std: std)),
            ("0 / 0", prepared(fill=lambda part, mean: part, std=lambda X, _: X.nan_to_num().std(0))),
            ("counts as a number", prepared(mean=lambda X, X_test: X.nan_to_num().mean(0))),
            ("held-out part", prepared(mean=lambda X, X_test: torch.cat([X, X_test]).nanmean(0))),
            ("held-out part", prepared(std=lambda X, X_test: torch.cat([X, X_test]).std(0))),
            ("next to nothing", prepared(zero=lambda std: std + 1e-8)),
            ("dividing by 0", prepared(end=lambda Z, Z_test, m, s: (Z, Z_test, m, s * (s != 1)))),
            ("variance", prepared(std=lambda X, X_test: X.var(0))),
            ("training part's numbers", prepared(own=lambda X_test: X_test.nanmean(0))),
            ("training part's numbers", prepared(end=lambda Z, Z_test, m, s: (Z, Z_test * s + m, m, s))),
            ("counts as a number", prepared(fill=lambda part, mean: part.nan_to_num())),
            ("not filled", prepared(end=lambda Z, T, m, s: (Z, torch.where(T == 0, 1, T), m, s))),
            ("one number for all", prepared(mean=lambda X, X_test: X.nanmean())),
            ("4 parts", prepared(end=lambda Z, Z_test, m, s: (Z, Z_test))),
            ("rows are lost", prepared(end=lambda Z, Z_test, m, s: (Z[:30], Z_test, m, s))),
            ("changes its argument", lambda X, X_test: (X.nan_to_num_(), X_test, X[0], X[0])),
        ],
    },
    "baseline": {
        "right": [
            of_mean(lambda y, _: y.mean()),
            lambda y, t: torch.dist(t, y.mean().expand(12, 1)) / 12**0.5,
        ],
        "wrong": [
            ("held-out labels", of_mean(lambda y, t: t.mean())),
            ("all labels", of_mean(lambda y, t: torch.cat([y, t]).mean())),
            ("own mean", lambda y, t: t.std().item()),
            ("learned from", lambda y, t: rms(y - y.mean())),
            ("predicts 0", of_mean(lambda y, t: 0)),
            ("median", of_mean(lambda y, t: y.median())),
            ("root is missing", of_mean(lambda y, t: y.mean(), lambda e: e.square().mean())),
            ("that is the loss", of_mean(lambda y, t: y.mean(), lambda e: e.square().mean() / 2)),
            ("no squares", of_mean(lambda y, t: y.mean(), lambda e: e.abs().mean())),
            ("cancel", of_mean(lambda y, t: y.mean(), lambda e: e.mean())),
            ("one number", of_mean(lambda y, t: y.mean(), lambda e: e.square())),
        ],
    },
    "learn": {
        "right": [learned(), learn_by_hand],
        "wrong": [
            ("nothing is learned", learn_nothing),
            ("the bias is far", learned(lr=lambda X: 0.03, epochs=3, batch=lambda X: 10)),
            ("the bias is far", learn_upstream),
            ("not there yet", learned(lr=lambda X: 0.1 * lr_limit(X), epochs=100)),
            ("steps are too long", learned(lr=lambda X: 1.5 * lr_limit(X))),
            ("steps are too long", learned(lr=lambda X: 1.2)),
            ("a column is wanted", learned(end=lambda w, b: (w.detach().flatten(), b.detach()))),
            ("2 parts", learned(epochs=2, end=lambda w, b: w.detach())),
            ("one number", learned(epochs=2, end=lambda w, b: (w.detach(), w.detach()))),
            ("changes its argument", learned(epochs=2, target=lambda y: y.sub_(y.mean()))),
        ],
    },
    "interval": {
        "right": [between(), interval_by_loop],
        "wrong": [
            ("no width", between(picks=lambda n: torch.stack([torch.randperm(n) for _ in range(200)]))),
            ("root is missing", between(statistic=lambda e: e.square().mean(1))),
            ("that is the loss", between(statistic=lambda e: e.square().mean(1) / 2)),
            ("cancel", between(statistic=lambda e: e.mean(1))),
            ("mean size", between(statistic=lambda e: e.abs().mean(1))),
            ("single errors lie", lambda e: (e.quantile(0.025).item(), e.quantile(0.975).item())),
            ("single errors lie", lambda e: (e.abs().quantile(0.025).item(), e.abs().quantile(0.975).item())),
            ("68 %", between(0.16, 0.84)),
            ("90 %", between(0.05, 0.95)),
            ("n is forgotten", lambda e: (rms(e) - 1.96 * e.std().item(), rms(e) + 1.96 * e.std().item())),
            ("too wide", between(picks=lambda n: torch.randint(n, (2000, n // 4)))),
            ("too narrow", between(picks=lambda n: torch.randint(n, (2000, 10 * n)))),
            ("lower end", between(end=lambda low, high: (high.item(), low.item()))),
            ("2 parts", between(end=lambda low, high: high - low)),
        ],
    },
    "verdict": {
        "right": [judged(), verdict_of_squares],
        "wrong": [
            ("one number against", verdict_of_points),
            ("same rows for both", judged(same=False)),
            ("same rows for both", verdict_of_intervals),
            ("wrong way round", judged(names=("worse", "not told apart", "better"))),
            ("never said", judged(names=("better", "not told apart", "not told apart"))),
            ("cancel", judged(statistic=lambda e: e.mean(-1).abs())),
            ("cancel", judged(statistic=lambda e: e.mean(-1))),
            (
                "fixed limit",
                judged(decide=lambda g: 0 if g.quantile(0.975) < -0.01 else 2 if g.mean() > 0.5 else 1),
            ),
            ("clear case", lambda errors, base: "not told apart"),
            ("is wanted", judged(names=("yes", "perhaps", "no"))),
            ("is wanted", lambda errors, base: True),
        ],
    },
    "effects": {
        "right": [
            lambda w, std: w.flatten() / std,
            lambda w, std: torch.stack([a / s for (a,), s in zip(w, std, strict=True)]),
        ],
        "wrong": [
            ("a column against a row", lambda w, std: w / std),
            ("one plain number", lambda w, std: w / std.reshape(-1, 1)),
            ("multiplied", lambda w, std: w.flatten() * std),
            ("those are the weights", lambda w, std: w.flatten().clone()),
            ("upside down", lambda w, std: std / w.flatten()),
            ("divided twice", lambda w, std: w.flatten() / std**2),
            ("sign is lost", lambda w, std: w.flatten().abs() / std),
            ("nothing is returned", lambda w, std: print(w)),
        ],
    },
    "project": {
        "right": [projected(), projected(size=lambda n: n // 3, prepare=prepare_in_numpy)],
        "wrong": [
            ("a dict is wanted", projected(change=lambda r: list(r.values()))),
            (
                "no 'low', 'high'",
                projected(change=lambda r: {k: v for k, v in r.items() if k not in ("low", "high")}),
            ),
            ("nothing is held out", changed(held=lambda r: [])),
            ("a tenth and a half", projected(size=lambda n: 2)),
            ("nothing is shuffled", projected(split=lambda n, seed: torch.arange(n))),
            ("seed is not used", projected(split=lambda n, seed: torch.randperm(n))),
            (
                "seed is not used",
                projected(
                    split=lambda n, seed: torch.randperm(n, generator=torch.Generator().manual_seed(0))
                ),
            ),
            ("another mean", projected(known_of=everything)),
            ("another mean", projected(prepare=prepared(mean=lambda X, t: torch.cat([X, t]).nanmean(0)))),
            ("another std", projected(prepare=prepared(std=lambda X, t: torch.cat([X, t]).std(0)))),
            ("learned from the held-out", projected(judge_of=everything)),
            ("all labels", projected(base=lambda y, known, held: y.mean())),
            ("held-out labels", projected(base=lambda y, known, held: y[held].mean())),
            ("learned from", projected(scored=lambda known, held: known)),
            ("of all rows", projected(scored=everything)),
            ("root is missing", changed(error=lambda r: r["error"] ** 2)),
            ("not the interval", changed(low=lambda r: r["error"], high=lambda r: r["error"])),
            ("what the held-out errors say", changed(verdict=lambda r: "better")),
            ("what the held-out errors say", changed(verdict=lambda r: "worse")),
            ("what one unit does", changed(effects=lambda r: r["w"].flatten() * r["std"])),
        ],
    },
    "conclude": {
        "right": [told(), conclude_in_if, told("Mean: {b}. Line: {e}, between {l} and {h} {u}: {v} it.")],
        "wrong": [
            ("without its interval", told("The error is {e} {u}, {v} the mean with {b}.")),
            ("better than what", told("The error is {e} {u} ({l} to {h}): {v}.")),
            ("unit is missing", told("The error is {e} ({l} to {h}), {v} the mean with {b}.")),
            ("unit is typed in", told("The error is {e} mmHg ({l} to {h}), {v} the mean with {b}.")),
            ("more digits", told(digits=lambda x: f"{x:.5f}")),
            ("more digits", told(digits=str)),
            ("exponent", told(digits=lambda x: f"{x:.2e}")),
            ("rounded away", told(digits=lambda x: f"{x:.0f}")),
            ("always the same number", told("The error is 12 {u} ({l} to {h}), {v} the mean with {b}.")),
            ("mean is beaten", told(words=dict.fromkeys(WORDS, "better than"))),
            ("verdict is not said", told(words=WORDS | {"worse": "better than"})),
            ("said as well", told(words=WORDS | {"worse": "not told apart from"})),
            ("a print is no return", lambda *values: print(values)),
            ("a text is wanted", lambda *values: values),
        ],
    },
    "13-page": {
        "right": [PAGE, paged(units={"area_sqft": "sq ft", "rent": "€"}), CHINESE],
        "wrong": [
            ("a dict", "a page"),
            ("no 'doubts'", {"purpose": PAGE["purpose"], "units": {}}),
            ("whole sentence", paged(purpose="rents")),
            ("whole sentence", paged(purpose="房租")),
            ("a text", paged(purpose=None)),
            ("name: unit", paged(units=["€"])),
            ("each unit", paged(units={"rent": "€", "area": ""})),
            ("target has no unit", paged(units={"area": "m²"})),
            ("size of the flat", paged(units={"rent": "€"})),
            ("a list of texts", paged(doubts=PAGE["doubts"][0])),
            ("a list of texts", paged(doubts=[1, 2])),
            ("at least two", paged(doubts=PAGE["doubts"][:1])),
            ("in which direction", paged(doubts=["too few", "too old"])),
            ("stands twice", paged(doubts=PAGE["doubts"][:1] * 2)),
        ],
    },
}

test_each_mistake_is_named, test_each_right_answer_passes, test_nothing_is_not_attempted = proofs(
    "13_your_data", ANSWERS
)
