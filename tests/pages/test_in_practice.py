"""What chapter 14 concludes from its comparisons holds on seeds that it has not seen."""

from support.other_seeds import proof

# Which is better, and by at least what factor. The margins are about half of what the chapter shows.
CONCLUSIONS = """
decay["decay 0"]["training loss"] < 0.6 * decay["decay 1"]["training loss"]
decay["decay 0"]["unseen loss"] > 1.5 * decay["decay 1"]["unseen loss"]
decay["decay 100"]["unseen loss"] > 1.1 * decay["decay 1"]["unseen loss"]
decay["decay 0"]["length of w"] > 2 * decay["decay 1"]["length of w"]
max(row["share left"] for row in units.values()) < 0.01
units["decay 1"]["mixed units"] > 1.05 * units["decay 1"]["same units"]
remedy["least squares"]["unseen loss"] > 1.5 * remedy["stopped early"]["unseen loss"]
0.8 < remedy["stopped early"]["unseen loss"] / remedy["decay"]["unseen loss"] < 1.25
remedy["the same, b from 0"]["unseen loss"] > 1.1 * remedy["stopped early"]["unseen loss"]
remedy["decay, then all 60"]["unseen loss"] < remedy["decay"]["unseen loss"]
remedy["decay, then all 60"]["unseen loss"] < remedy["least squares, all 60"]["unseen loss"]
place["Adam, in the gradient"]["gradients 10"] > 10 * place["Adam, in the gradient"]["gradients 0.1"]
place["Adam, in the gradient"] == place["Adam(weight_decay=1)"]
abs(place["Adam, on the weight"]["gradients 10"] - 0.135) < 0.02
abs(place["AdamW(weight_decay=1)"]["gradients 0.1"] - 0.135) < 0.02
share["AdamW, weight_decay 0.1"]["small feature"] > 2 * share["Adam, weight_decay 0.1"]["small feature"]
min(row["large feature"] for row in share.values()) > 0.8
clip["no limit"]["with wild row"] == float("inf")
clip["limit 1"]["with wild row"] < 0.1 * clip["limit 10"]["with wild row"]
10 * clip["limit 10"]["with wild row"] < clip["limit 100"]["with wild row"]
clip["limit 10"]["good, epoch 1"] == clip["no limit"]["good, epoch 1"]
clip["limit 1"]["good, epoch 1"] > 20 * clip["no limit"]["good, epoch 1"]
clip["limit 0.1"]["good, epoch 3"] > 1
-0.4 < skew["limit 0.1"]["batch size 1"] < -0.2 < 2 * skew["limit 0.1"]["batch size 10"] < 0
abs(skew["no limit"]["batch size 1"]) < 0.1
search["lr 0.1"]["40 epochs"] < 0.5 * search["lr 0.01"]["40 epochs"]
search["lr 10"]["40 epochs"] == float("inf")
search["lr 1"]["40 epochs"] > 2 * search["lr 0.1"]["40 epochs"]
search["lr 0.1"]["5 epochs"] == min(row["5 epochs"] for row in search.values())
adam_search["lr 0.1"]["5 epochs"] == min(row["5 epochs"] for row in adam_search.values())
adam_search["lr 0.001"]["40 epochs"] > 5 * adam_search["lr 0.1"]["40 epochs"]
0.6 < near["lr 0.1"]["40 epochs"] / near["lr 0.3"]["40 epochs"] < 1.7
"""

test_a_conclusion_of_the_chapter_holds_on_fresh_seeds = proof("14_in_practice", 1, CONCLUSIONS)
