"""The tasks of 13_your_data: each with its check. The answers are in here: try first.

They test decisions, on fresh data or on the learner's own: no number of one file is asked for.
"""

import re

import torch

from course.choices import numbers
from course.language import joined
from course.one_page import WANTED
from course.table import SHIPPED, Refused, read
from course.tasks.honest import LEAK, bootstrap, ends, judge
from course.tasks.kit import Chapter, kind, need, read_number, read_tensor, read_tuple
from course.tasks.probes import Tensor, close, name_of

chapter = Chapter("13_your_data", look="10_real_data")
VERDICTS = ("better", "not told apart", "worse")


def choices(answer):
    need(isinstance(answer, dict), f"your answer is a {kind(answer)}", "a dict is wanted")
    words = answer.get("columns", {})
    need(isinstance(words, dict), f"its columns are a {kind(words)}", "a dict is wanted, name: word")
    seen, mistake = "the id stays", "a new flat has no number of yours: the id measures nothing"
    need(words.get("id") != "number", seen, mistake)
    mistake = "a point before three digits parts the thousands here: no rent is one and a half"
    need(words.get("rent") != "unit", "some rents are below 2 €", mistake)
    sizes = [words.get("area") not in (None, "drop"), words.get("area_sqft") not in (None, "drop")]
    need(not all(sizes), "area and area_sqft both stay", "they say the same: no fit can part their weights")
    gone = words.get("area") == words.get("area_sqft") == "drop"
    need(
        not gone, "area and area_sqft are both dropped", "the size of the flat is lost: one of them may stay"
    )
    mistake = "one flat exported twice may stand on both sides of the split"
    need(answer.get("duplicates") != "keep", "rows with the same id stay", mistake)
    try:
        numbers(read(SHIPPED / "flats.csv"), "rent", answer)
    except Refused as reason:
        first, *others = str(reason).splitlines()
        names = ", ".join(text.split()[0] for text in others if not text.startswith(" "))
        mistake = "nothing is guessed: each wants a decision" if names else "a choice does not fit"
        need(False, joined(first, f": {names}") if names else first, mistake)


chapter.add("13-choices", "a dict with columns, duplicates and missing", choices)


def holed(n, scale, generator_shift=0.0):
    """Features with gaps: (n, 3)."""
    X = torch.randn(n, 3) * scale + 7 + generator_shift
    X[torch.rand(n, 3) < 0.15] = float("nan")
    return X


@chapter.task("prepare", "prepare(X, X_test), which returns (Z, Z_test, mean, std)")
def prepare(f):
    scale = torch.tensor([1.0, 100.0, 0.01])
    X = torch.cat([holed(40, scale), torch.full((40, 1), 3.0)], 1)  # the last one: always 3 in this part
    X_test = torch.cat([holed(20, scale, 2.0), torch.randint(3, 6, (20, 1)).float()], 1)
    Z, Z_test, mean, std = read_tuple(f(X, X_test), 4)
    for name, value in (("mean", mean), ("std", std)):
        need(isinstance(value, Tensor), f"{name} is a {kind(value)}", "a tensor is wanted")
        bad = bool(value.isnan().any())
        need(not bad, f"{name} holds nan", "one gap makes the whole sum nan: leave the gaps out")
        read_tensor(value, (4,), {(): "one number for all features"}, name)
    gap = "a gap is still there, or 0 / 0: both are nan"
    for name, value, n in (("Z", Z, 40), ("Z_test", Z_test, 20)):
        need(isinstance(value, Tensor), f"{name} is a {kind(value)}", "a tensor is wanted")
        need(
            len(value) == n, f"{name} has {len(value)} rows of {n}", "rows are lost, or the order is another"
        )
        need(not value.isnan().any(), f"{name} holds nan", gap)
        read_tensor(value, (n, 4), what=name)
    again = f(X, X_test * 50 + 3)
    same = all(close(one, two) for one, two in zip((Z, mean, std), (again[0], *again[2:]), strict=True))
    need(same, "other held-out rows give another Z, mean or std", LEAK)
    need(bool((std > 0).all()), "std holds 0", "a column without spread: dividing by 0 later makes inf")
    far = Z_test[:, 3].abs().max().item() > 1000
    seen = f"a column always 3 in X: a 4 in X_test becomes {Z_test[:, 3].abs().max():.0e}"
    need(not far, seen, "divided by next to nothing")
    there = ~X.isnan()
    want = torch.where(there, X, 0).sum(0) / there.sum(0)
    mistake = (
        "a gap counts as a number" if close(mean, X.nan_to_num().mean(0)) else "the mean of something else"
    )
    need(close(mean / want, torch.ones(4), 1e-3), "mean is not that of the values that are there", mistake)
    squares = torch.where(there, X - want, 0).square().sum(0)[:3]
    good = [(squares / m).sqrt() for m in (there.sum(0)[:3] - 1, there.sum(0)[:3], 39, 40)]  # all are in use
    spread, variance = (any(close(std[:3] / s**k, torch.ones(3), 1e-3) for s in good) for k in (1, 2))
    mistake = "the variance" if variance else "the deviation of something else"
    zeros = close(std[:3], X.nan_to_num().std(0)[:3], 1e-2)
    mistake = "a gap counts as a number" if zeros else mistake
    need(spread, "std is not that of X", mistake)
    for name, value, raw in (("Z", Z, X), ("Z_test", Z_test, X_test)):
        value, raw = value[:, :3], raw[:, :3]
        off = torch.where(raw.isnan(), 0, value - (raw - want[:3]) / std[:3]).abs().max()
        seen, mistake = (
            f"{name} is not (X - mean) / std",
            "not moved and scaled by the training part's numbers",
        )
        need(off < 1e-3, seen, mistake)
        gaps = value[raw.isnan()].abs().max()
        mistake = "not filled with the mean of the training part"
        need(gaps < 1e-3, f"a gap in {name} becomes a number of size {gaps:.1g}", mistake)


@chapter.task("baseline", "baseline(y, y_test)")
def baseline(f):
    y, y_test = torch.rand(30, 1) * 50 + 100, torch.rand(12, 1) * 80 + 140

    def rms(centre, labels=y_test):
        return (labels - centre).square().mean().sqrt().item()

    found, right = read_number(f(y, y_test), "the result"), rms(y.mean())
    names = {
        rms(y_test.mean()): "the mean of the held-out labels: " + LEAK,
        rms(torch.cat([y, y_test]).mean()): "the mean of all labels: " + LEAK,
        y_test.std().item(): "their deviation, around their own mean: " + LEAK,
        rms(y.mean(), y): "the error on the part that was learned from",
        y.std().item(): "the error on the part that was learned from",
        rms(0): "it always predicts 0",
        rms(y.median()): "the median is predicted, not the mean",
        right**2: "the root is missing",
        right**2 / 2: "half of the mean square: that is the loss",
        (right**2 / 2) ** 0.5: "the half of the loss is inside the root",
        right * 12**0.5: "the sum of the squares: divide by the number of examples",
        (y_test - y.mean()).abs().mean().item(): "the mean size of the errors: no squares",
        (y_test - y.mean()).mean().abs().item(): "errors of both signs cancel: no squares",
    }
    seen = f"the result is {found:.4g}"
    need(abs(found / right - 1) < 1e-4, seen, name_of(found, names, "another error"))


@chapter.task("learn", "learn(X, y), which returns (w, b)")
def learn(f):
    for d, level, size, common in ((2, 1000.0, 50.0, 0.3), (6, -3.0, 0.2, 1.5)):
        X = torch.randn(70, d) + common * torch.randn(70, 1)  # they have something in common
        X = (X - X.mean(0)) / X.std(0)
        truth = torch.randn(d, 1)
        y = level + size * (X @ truth + torch.randn(70, 1))
        w, b = read_tuple(f(X, y), 2)
        w = read_tensor(w, (d, 1), {(d,): "a plain vector: a column is wanted"}, "w").double()
        b = read_number(b.detach() if isinstance(b, Tensor) else b, "b")
        A = torch.cat([X, torch.ones(70, 1)], 1).double()
        best = torch.linalg.lstsq(A, y.double()).solution

        def loss(theta, A=A, y=y):
            return (A @ theta - y).square().mean().item() / 2

        ratio = loss(torch.cat([w, torch.tensor([[b]]).double()])) / loss(best)
        seen = f"{d} features: the loss is {ratio:.3g} times that of least squares"
        still = w.abs().max() < 0.05 * best[:-1].abs().max() and abs(b) < 0.05 * best[-1].abs()
        need(not still, seen, "nothing is learned")
        mistake = "the bias is far from there: too few steps, or an lr too small"
        off = abs(b - best[-1].item()) > 0.3 * size
        need(not (off and ratio > 1.02), seen, mistake)
        need(ratio < 1.02, seen, "not there yet: too few steps, an lr too small, or the steps jitter")


@chapter.task("interval", "interval(errors), which returns (low, high)")
def interval(f):
    for n, size in ((60, 8.0), (25, 0.3)):
        errors = torch.randn(n, 1) * size
        low, high = (
            read_number(value, name)
            for value, name in zip(read_tuple(f(errors), 2), ("low", "high"), strict=True)
        )
        seen = f"errors of size {size}, {n} of them: from {low:.3g} to {high:.3g}"
        found, error = torch.tensor([low, high]).double(), errors.square().mean().sqrt().item()
        need(low <= high, seen, "the lower end comes first")
        width = high - low
        need(width > 1e-6 * size, seen, "no width: without replacement every draw holds the same rows")
        draws = bootstrap(errors)

        def near(value, part=0.07, found=found):
            return bool((found - value).abs().max() <= part * (value[1] - value[0]))

        if near(ends(draws)):
            continue
        single, alone = (
            errors.flatten().double(),
            "where 95 % of single errors lie: how sure is their root mean?",
        )
        cancel, std = "errors of both signs cancel: no squares", errors.std().item()
        names = [
            (ends(bootstrap(errors, statistic=lambda e: e.square().mean(1))), "the root is missing"),
            (ends(bootstrap(errors, statistic=lambda e: e.square().mean(1) / 2)), "that is the loss"),
            (ends(bootstrap(errors, statistic=lambda e: e.mean(1))), cancel),
            (ends(bootstrap(errors, statistic=lambda e: e.abs().mean(1))), "the mean size: no squares"),
            (ends(single), alone),
            (ends(single.abs()), alone),
            (ends(draws, 0.68), "68 % of the draws lie in it"),
            (ends(draws, 0.9), "90 % of the draws lie in it"),
            (ends(draws, 0.99), "99 % of the draws lie in it"),
            (error + torch.tensor([-1.96, 1.96]) * std, "as wide as single errors: n is forgotten"),
        ]
        distance = [((found - value).abs().max() / (value[1] - value[0])).item() for value, _ in names]
        mistake = names[min(range(len(names)), key=distance.__getitem__)][1]
        if min(distance) > 0.12:
            right = ends(draws)
            inside = low > right[0] and high < right[1]
            wider = width > 1.25 * (right[1] - right[0])
            mistake = "too narrow" if inside else "another interval"
            mistake = "too wide: every draw is to have as many rows as were held out" if wider else mistake
        need(False, seen, mistake)


@chapter.task("verdict", "verdict(errors, base_errors), which returns a text")
def verdict(f):
    def told(errors, base):
        found = f(errors, base)
        need(isinstance(found, str), f"the result is a {kind(found)}", f"one of {VERDICTS} is wanted")
        need(found in VERDICTS, f"the result is {found!r:.40}", f"one of {VERDICTS} is wanted")
        return found

    e, signs = torch.randn(80, 1), torch.ones(80, 1)
    signs[::2] = -1
    small, large = told(e, 5 * torch.randn(80, 1)), told(5 * e, torch.randn(80, 1))
    seen = "errors five times smaller than those of the mean"
    need((small, large) != ("worse", "better"), f"{seen}: {small!r}", "the wrong way round")
    found = told(3 * signs + 0.1 * e, 1 + 0.1 * e.flip(0)), told(-3 + 0.1 * e, 1 + 0.1 * e.flip(0))
    need("better" not in found, "errors of size 3 are called better than errors of 1", "both signs cancel")
    need(small == "better", f"{seen}: {small!r}", "a clear case is not seen")
    need(large == "worse", f"errors five times larger: {large!r}", "worse is never said: that is not honest")
    a = torch.randn(30, 1)
    b = torch.randn(30, 1)
    b = b * (a.square().mean() / b.square().mean()).sqrt()
    for factor in (0.97, 1.03):
        found = told(factor * a, b)
        seen = f"30 unlike errors, {factor} times as large: {found!r}"
        need(found == "not told apart", seen, "one number against another: no interval decides here")
    found = told(a, 1.15 * a + 0.02 * b)
    seen = f"the same errors, each 15 % larger: {found!r}"
    need(found == "better", seen, "each has its own draws, or its own interval: the same rows for both")
    for unit in (1e-4, 1e4):
        found = told(unit * e, unit * 2 * torch.randn(80, 1)), told(unit * a, unit * b)
        mistake = "a fixed limit: the unit of the target decides"
        need(
            found == ("better", "not told apart"), f"in another unit the verdict is another: {found}", mistake
        )


@chapter.task("effects", "effects(w, std)")
def effects(f):
    w, std = torch.tensor([[3.0], [-2.0], [0.5]]), torch.tensor([2.0, 0.1, 40.0])
    names = {
        (3, 3): "a column against a row: every weight meets every deviation",
        (3, 1): "a column: one plain number for each feature is wanted",
    }
    found, right = read_tensor(f(w, std), (3,), names, "the result"), torch.tensor([1.5, -20, 0.0125])
    v = w.flatten()
    kinds = {
        "multiplied by the deviation: a weight belongs to one whole deviation": v * std,
        "those are the weights: what one deviation does": v,
        "upside down": std / v,
        "divided twice": v / std**2,
        "the sign is lost": right.abs(),
        "the weights are forgotten": 1 / std,
    }
    mistake = next((name for name, value in kinds.items() if close(found, value)), "other numbers")
    need(close(found / right, torch.ones(3)), f"it gives {[round(x, 3) for x in found.tolist()]}", mistake)


@chapter.task("project", "project(X, y, seed), which returns a dict")
def project(f):
    def found(X, y, seed=1):
        result, n = f(X, y, seed), len(X)
        need(isinstance(result, dict), f"the result is a {kind(result)}", "a dict is wanted")
        lost = [key for key in WANTED if key not in result]
        need(
            not lost,
            f"the result has no {', '.join(map(repr, lost))}",
            "a part of an honest result is missing",
        )
        d, numbers = X.shape[1], ("error", "low", "high", "base", "judge")
        held = torch.as_tensor(result["held"]).flatten().tolist()
        whole = all(isinstance(row, int) and 0 <= row < n for row in held)
        need(whole, f"held holds {str(held)[:30]}", "the numbers of rows are wanted, whole and from 0")
        need(len(set(held)) == len(held), "held names a row twice", "drawn with replacement")
        share = f"{len(held)} of {n} rows are held out"
        need(held, share, "nothing is held out")
        need(0.1 <= len(held) / n <= 0.5, share, "between a tenth and a half of them is wanted")
        read_tensor(result["w"], (d, 1), what="w")
        for name in ("mean", "std", "effects"):
            read_tensor(result[name], (d,), what=name)
        b = torch.as_tensor(result["b"]).detach()
        return (
            dict(result)
            | {key: read_number(result[key], key) for key in numbers}
            | {"held": sorted(held), "w": result["w"].detach(), "b": read_number(b, "b")}
        )

    X, n = holed(80, torch.tensor([1.0, 100.0, 0.01])), 80
    truth = torch.tensor([[30.0], [0.5], [-2000.0]])
    y = 500 + (X.nan_to_num(nan=7.0) - 7) @ truth + 20 * torch.randn(n, 1)
    one = found(X, y)
    held = one["held"]
    known = [row for row in range(n) if row not in held]
    blocks = (list(range(len(held))), list(range(n - len(held), n)))
    need(held not in blocks, "the first or the last rows are held out", "nothing is shuffled")
    need(found(X, y)["held"] == held, "the same seed holds out other rows", "the seed is not used")
    need(found(X, y, 2)["held"] != held, "another seed holds out the same rows", "the seed is not used")
    other_X, other_y = X.clone(), y.clone()
    other_X[held], other_y[held] = other_X[held] * 3 + 50, other_y[held] * 3 - 900
    other = found(other_X, other_y)
    need(other["held"] == held, "other values, and other rows are held out", "the split looks at the values")
    for name in ("mean", "std"):
        need(close(one[name], other[name], 1e-3), f"other held-out rows give another {name}", LEAK)
    moved = (one["w"] - other["w"]).abs().max() > 0.05 * one["w"].abs().max()
    need(not moved and abs(one["b"] - other["b"]) < 5, "other held-out rows give other weights", LEAK)
    judge(X, y, one, known)
    n = 60
    nothing = torch.randn(n, 12), 40 + 3 * torch.randn(n, 1)
    result = found(*nothing)
    judge(*nothing, result, [row for row in range(n) if row not in result["held"]])


@chapter.task("conclude", "conclude(error, low, high, base, verdict, unit), which returns a text")
def conclude(f):
    def said(verdict, *values, unit="mmHg"):
        text = f(*values, verdict, unit)
        need(text is not None, "the result is None", "nothing is returned: a print is no return")
        need(isinstance(text, str), f"the result is a {kind(text)}", "a text is wanted")
        return text

    for values in (
        (53.41876, 41.23451, 67.78123, 95.01234),
        (1254.312, 1011.718, 1537.993, 2018.456),
        (0.193456, 0.151234, 0.241999, 0.756789),
    ):
        text = said("better", *values)
        seen = f"the text is {text!r:.110}"
        need(not re.search(r"\de[+-]?\d", text), seen, "an exponent, in a sentence for people")
        shown = [float(x) for x in re.findall(r"-?\d+\.?\d*", re.sub(r"(?<=\d),(?=\d{3})", "", text))]
        for name, value in zip(("error", "low", "high", "base"), values, strict=True):
            there = any(abs(x / value - 1) < 0.06 for x in shown)
            whole = value < 1 and any(x in (0, 1) for x in shown)
            mistake = {
                "low": "an error without its interval is half an answer",
                "high": "an error without its interval is half an answer",
                "error": "the error itself is not said, or always the same number",
                "base": "better than what? The mean's error is the measure",
            }[name]
            mistake = "rounded away: small numbers need their digits" if whole else mistake
            need(there, f"{name} is {value}; {seen}", mistake)
        long = re.findall(r"\d+\.\d+", text)
        long = [x for x in long if len(x.replace(".", "").lstrip("0")) > 4]
        need(not long, f"{seen} with {', '.join(long[:2])}", "more digits than the interval allows")
        need("mmHg" in text, seen, "the unit is missing")
        need("€" in said("better", *values, unit="€"), "another unit is not said", "the unit is typed in")
    texts = [re.sub(r"[\d.,]+", "", said(verdict, *values)) for verdict in VERDICTS]
    need(
        texts[0] != texts[1],
        f"'better' and 'not told apart' read the same: {texts[0]!r:.90}",
        "the verdict is not said: a reader would think the mean is beaten",
    )
    need(
        texts[2] != texts[0],
        f"'better' and 'worse' read the same: {texts[0]!r:.90}",
        "the verdict is not said",
    )
    need(texts[2] != texts[1], "'worse' and 'not told apart' read the same", "worse is to be said as well")


def words(text):
    """How many words a text has. Chinese has no blanks between them: there each character counts."""
    return len(re.findall(r"[\u4e00-\u9fff]|[^\s\u4e00-\u9fff]+", text))


def page(answer):
    need(isinstance(answer, dict), f"your answer is a {kind(answer)}", "a dict is wanted")
    lost = [key for key in ("purpose", "units", "doubts") if key not in answer]
    need(not lost, f"it has no {', '.join(map(repr, lost))}", "a part of the page is missing")
    purpose, units, doubts = answer["purpose"], answer["units"], answer["doubts"]
    need(isinstance(purpose, str), f"purpose is a {kind(purpose)}", "a text is wanted")
    need(words(purpose) > 4, f"purpose is {purpose!r:.60}", "who asks, and what for? A whole sentence")
    need(isinstance(units, dict), f"units is a {kind(units)}", "a dict is wanted, name: unit")
    texts = all(isinstance(unit, str) and unit.strip() for unit in units.values())
    need(texts, f"units holds {list(units.values())}"[:80], "each unit is a text")
    need("rent" in units, f"units has {list(units)}"[:80], "the target has no unit")
    size = {"area", "area_sqft"} & set(units)
    need(size, f"units has {list(units)}"[:80], "the size of the flat has no unit")
    need(not isinstance(doubts, str), "doubts is one text", "a list of texts is wanted")
    need(isinstance(doubts, list | tuple), f"doubts is a {kind(doubts)}", "a list of texts is wanted")
    need(all(isinstance(doubt, str) for doubt in doubts), "a doubt is no text", "a list of texts is wanted")
    need(len(doubts) > 1, f"{len(doubts)} doubts", "at least two: what would make this number wrong?")
    short = [doubt for doubt in doubts if words(doubt) < 6]
    need(
        not short, f"a doubt is {(short or [''])[0]!r:.60}", "a whole sentence: what, and in which direction"
    )
    need(len(set(doubts)) == len(doubts), "a doubt stands twice", "two different ones are wanted")


chapter.add("13-page", "a dict with purpose, units and doubts", page)
