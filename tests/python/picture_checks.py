#!/usr/bin/env python3
"""What the installed package promises about collections, masks, matches and depth of frames, on pictures drawn here with the network
that comes along; run by wheel_test.py with the Python of its virtual environment."""
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import threading
import time
import unittest

import numpy
import troodon

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "end_to_end"))
import harness  # noqa: E402

GREEN, RED = (50, 120, 60), (190, 50, 40)


def plain(width, height, colour, seed, most=12):
    noise = numpy.random.default_rng(seed).integers(-most, most + 1, (height, width, 3))
    return numpy.clip(numpy.array(colour) + noise, 0, 255).astype(numpy.uint8)


def disc(width, height, x, y, r):
    rows, columns = numpy.mgrid[:height, :width]
    return (columns - x) ** 2 + (rows - y) ** 2 <= r * r


def red_disc(x, y, r, seed):
    return numpy.where(disc(160, 120, x, y, r)[..., None], plain(160, 120, RED, seed), plain(160, 120, GREEN, seed))


def discs(width, height, seed):
    """Many discs of all sizes and colours."""
    random, out = numpy.random.default_rng(seed), numpy.full((height, width, 3), 120, numpy.uint8)
    for _ in range(width * height // 500):
        x, y, r = random.integers(0, (width, height, 16))
        out[disc(width, height, x, y, r + 4)] = random.integers(0, 256, 3)
    return out


def of_kind(kind, seed):
    if kind == "discs":
        return discs(96, 96, seed)
    rows, columns = numpy.mgrid[:96, :96] // (8 + seed % 4)
    light = columns % 2 == 0 if kind == "stripes" else (rows + columns) % 2 == 0
    return numpy.clip(numpy.where(light, 220, 40)[..., None] + plain(96, 96, (0, 0, 0), seed, 30), 0, 255).astype(numpy.uint8)


def png(pixels):
    return harness.png([row.tobytes() for row in pixels])


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def press_ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


class Checks(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_pictures_"))
        self.addCleanup(shutil.rmtree, self.folder)
        os.environ["TROODON_CACHE"] = str(self.folder / "cache")
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs start without

    def code_of(self, call):
        with self.assertRaises(troodon.Error) as raised:
            call()
        return raised.exception.code


class Collections(Checks):
    def setUp(self):
        super().setUp()
        self.photos = self.folder / "photos"
        for kind in ["discs", "stripes", "squares"]:
            for i in range(4):
                self.put(f"{kind}/{i}.png", of_kind(kind, i))
        try:
            self.collection = troodon.Collection(self.photos)
        except troodon.Error as error:
            if error.code == 6:
                self.skipTest(str(error))
            raise

    def put(self, name, pixels):
        (self.photos / name).parent.mkdir(parents=True, exist_ok=True)
        (self.photos / name).write_bytes(png(pixels))

    def test_a_picture_finds_itself_first_however_it_is_given(self):
        self.collection.add()
        hits = self.collection.search(self.photos / "stripes" / "1.png", k=4)
        self.assertEqual((len(hits), hits[0].picture.path, hits[0].word), (4, "stripes/1.png", "copy"))
        self.assertGreater(hits[0].score, 0.999)
        self.assertEqual({hit.picture.label for hit in hits}, {"stripes"})
        self.assertEqual((hits[0].picture.width, hits[0].picture.height, hits[0].box, hits[0].copies), (96, 96, None, []))
        wanted = [hit.picture.path for hit in hits]
        pixels = of_kind("stripes", 1)
        for like in ["stripes/1.png", ["stripes/1.png"], pixels, pixels[None], png(pixels)]:
            self.assertEqual([hit.picture.path for hit in self.collection.search(like, k=4)], wanted)

    def test_the_unwanted_filters_copies_and_variety_count(self):
        self.put("stripes/copy.png", of_kind("stripes", 0))
        self.collection.add()
        both = ["stripes/0.png", "discs/0.png"]
        self.assertEqual(self.collection.search(both, unlike="discs/1.png")[0].picture.label, "stripes")
        labels = {hit.picture.label for hit in self.collection.search("stripes/0.png", filter="label != stripes")}
        self.assertEqual(labels, {"discs", "squares"})
        plainly, folded = (self.collection.search("stripes/0.png", k=2, collapse=collapse) for collapse in (False, True))
        self.assertEqual({hit.picture.path for hit in plainly}, {"stripes/copy.png", "stripes/0.png"})
        self.assertEqual({folded[0].picture.path, *folded[0].copies}, {"stripes/copy.png", "stripes/0.png"})
        paths = [[hit.picture.path for hit in self.collection.search("stripes/0.png", k=3, diversity=d)] for d in (0, 1)]
        self.assertNotEqual(*paths)

    def test_a_region_is_found_with_its_place(self):
        def target(x, y, colour, seed):
            out = plain(96, 96, colour, seed, 20)
            out[disc(96, 96, x, y, 22)] = (200, 40, 40)
            out[disc(96, 96, x, y, 12)] = (250, 250, 60)
            return out
        self.put("target.png", target(66, 30, (120, 130, 120), 3))
        self.collection.add()
        best = self.collection.search(target(30, 60, (60, 70, 90), 4), region=(8, 38, 44, 44), k=3)[0]
        self.assertEqual(best.picture.path, "target.png")
        x, y, width, height = best.box
        self.assertLess(abs(x + width / 2 - 66), 12)  # a patch and a half
        self.assertLess(abs(y + height / 2 - 30), 12)

    def test_it_is_kept_up_to_date_with_its_folder(self):
        self.assertEqual(self.collection.count(), 0)
        (self.photos / "broken.png").write_bytes(b"no picture")
        (self.folder / "table.csv").write_text("path,label,year\nstripes/0.png,zebra,2019\n")
        heard = []
        first = self.collection.add(table=self.folder / "table.csv", advanced=lambda *now: heard.append((*now, threading.get_ident())))
        self.assertEqual((first.found, first.added, first.removed, first.interrupted), (13, 12, 0, False))
        self.assertEqual([name for name in first.bad_files], ["broken.png"])
        self.assertEqual(heard[-1][:2], (13, 13))
        self.assertNotEqual(heard[-1][2], threading.get_ident())
        self.assertEqual((self.collection.count("label = stripes"), self.collection.count("year < 2020")), (3, 1))
        (self.photos / "discs" / "0.png").unlink()
        self.put("squares/new.png", of_kind("squares", 9))
        second = self.collection.add()
        self.assertEqual((second.added, second.removed, second.unchanged), (1, 1, 12))  # the broken one isn't looked at again
        self.assertEqual(self.collection.remove(["squares/new.png", "unknown.png"]), 1)
        self.assertEqual([known.path for known in self.collection.list("label = discs", offset=1, limit=1)], ["discs/2.png"])
        self.assertEqual(self.collection.list("label = zebra")[0].columns["year"], "2019")
        self.assertIn("192", self.collection.description)

    def test_refresh_shows_what_another_object_added(self):
        self.collection.add()
        self.put("stripes/late.png", of_kind("stripes", 7))
        troodon.Collection(self.photos).add()
        self.assertNotEqual(self.collection.search(of_kind("stripes", 7))[0].picture.path, "stripes/late.png")
        self.collection.refresh()
        self.assertEqual(self.collection.search(of_kind("stripes", 7))[0].picture.path, "stripes/late.png")

    def test_threads_search_while_a_listener_hears_of_more(self):
        self.collection.add()
        for i in range(10, 20):
            self.put(f"squares/{i}.png", of_kind("squares", i))
        heard = []
        thread = threading.Thread(target=lambda: self.collection.add(advanced=lambda done, total: heard.append(done)))
        thread.start()
        for _ in range(5):
            self.assertEqual(self.collection.search("discs/1.png")[0].picture.path, "discs/1.png")
        thread.join()
        self.assertEqual((heard[-1], self.collection.count()), (10, 22))

    def test_what_a_listener_raises_comes_out_and_what_is_safe_stays(self):
        with self.assertRaises(ZeroDivisionError):
            self.collection.add(advanced=lambda done, total: 1 // 0)
        self.assertEqual(self.collection.count(), 12)
        self.assertEqual(self.collection.add().unchanged, 12)

    def test_ctrl_c_ends_add_and_the_next_call_goes_on(self):
        for i in range(300):
            self.put(f"many/{i}.png", plain(16, 16, (i % 256, 90, 20), i))
        with self.assertRaises(KeyboardInterrupt):
            self.collection.add(batch=1, advanced=lambda done, total: press_ctrl_c())
        kept = self.collection.count()
        self.assertTrue(0 < kept < 312, kept)
        again = self.collection.add()
        self.assertEqual((again.unchanged, again.added, self.collection.count()), (kept, 312 - kept, 312))

    def test_failures_carry_the_exit_code(self):
        self.collection.add()
        for call, code in [(lambda: troodon.Collection("/nowhere"), 4), (lambda: troodon.Collection(self.photos, backend="x"), 2),
                           (lambda: self.collection.search([]), 2), (lambda: self.collection.search("discs/0.png", k=0), 2),
                           (lambda: self.collection.search("discs/0.png", filter="label >"), 2), (lambda: self.collection.count("= dog"), 2),
                           (lambda: self.collection.list("= dog"), 2), (lambda: self.collection.search("none.png"), 4),
                           (lambda: self.collection.search(self.photos / "broken.png"), 4), (lambda: self.collection.search(7), 4),
                           (lambda: self.collection.search("discs/0.png", region=(200, 200, 10, 10)), 2)]:
            self.assertEqual(self.code_of(call), code)
        (self.photos / "broken.png").write_bytes(b"no picture")
        self.assertEqual(self.code_of(lambda: self.collection.add(strict=True)), 4)


class Masks(Checks):
    def setUp(self):
        super().setUp()
        self.masker = troodon.Masker()
        self.sight = self.masker.look(red_disc(60, 60, 30, 1))
        self.disc = disc(160, 120, 60, 60, 30)

    def test_a_click_or_a_box_gives_the_object(self):
        self.assertEqual((self.sight.width, self.sight.height), (160, 120))
        mask = self.sight.mask([(60, 60)])
        self.assertEqual((mask.inside.shape, mask.inside.dtype, mask.width, mask.height), ((120, 160), bool, 160, 120))
        self.assertTrue(mask.inside[60, 60])
        self.assertGreater(iou(mask.inside, self.disc), 0.9)
        self.assertTrue(0 < mask.score <= 1)
        self.assertGreater(iou(self.sight.mask(box=(25, 25, 70, 70)).inside, self.disc), 0.9)
        within = self.sight.mask([(45, 60)], box=(25, 25, 35, 70), refine=False)
        self.assertTrue(within.inside[60, 45] and not within.inside[:, 60:].any())
        beside = self.sight.mask([(60, 60), (60, 85, False)])
        self.assertTrue(beside.inside[60, 60] and not beside.inside[85, 60])
        best = self.sight.proposals(3)
        self.assertTrue(1 <= len(best) <= 3)
        self.assertGreater(iou(best[0].inside, self.disc), 0.8)

    def test_one_example_finds_the_same_thing_elsewhere(self):
        mask = self.sight.mask([(60, 60)])
        pattern = self.masker.learn([(self.sight, mask)])
        second = self.masker.look(png(red_disc(110, 50, 24, 2)))
        found = pattern.find(second)
        self.assertGreater(iou(found.inside, disc(160, 120, 110, 50, 24)), 0.8)
        self.assertGreater(found.score, 0.5)
        self.assertAlmostEqual(pattern.presence(second), found.score)
        self.assertLess(pattern.presence(self.masker.look(plain(160, 120, GREEN, 3))), found.score)
        for given in [mask.inside, mask.inside.astype(numpy.uint8) * 255, mask.inside[::1, ::-1][:, ::-1]]:
            again = self.masker.learn([(self.sight, given)]).find(second)
            numpy.testing.assert_array_equal(again.inside, found.inside)

    def test_a_mask_is_its_array_and_survives_its_file(self):
        mask = troodon.Mask(self.disc, score=0.25)
        self.assertEqual(mask.score, 0.25)
        numpy.testing.assert_array_equal(mask.inside, self.disc)
        mask.inside[:10, :20] = True
        self.assertTrue(mask.inside[0, 0])
        self.assertFalse(self.disc[0, 0], "the array was not copied")
        inside = mask.inside
        for given in [mask, inside]:
            troodon.write_mask(self.folder / "mask.png", given)
            numpy.testing.assert_array_equal(troodon.read_mask(self.folder / "mask.png").inside, inside)
        del mask, given
        self.assertEqual(inside.sum(), self.disc.sum() + 200)

    def test_a_sight_outlives_its_maker(self):
        sight = troodon.Masker("colour").look(red_disc(60, 60, 30, 1))
        self.assertGreater(iou(sight.mask([(60, 60)]).inside, self.disc), 0.9)

    def test_failures_carry_code_4(self):
        pattern = self.masker.learn([(self.sight, self.disc)])
        other = troodon.Masker("colour").look(red_disc(60, 60, 30, 1))
        for call in [lambda: troodon.Masker("/nowhere"), lambda: self.masker.look("/nowhere.png"), lambda: self.masker.look(b"no picture"),
                     lambda: self.masker.look([red_disc(60, 60, 30, 1)]), lambda: self.sight.mask(), lambda: self.sight.mask([(1000, 3)]),
                     lambda: self.sight.mask([(60, 60, 1, 1)]), lambda: self.masker.learn([]), lambda: self.masker.learn([self.sight]),
                     lambda: self.masker.learn([(self.sight, self.disc & False)]), lambda: self.masker.learn([(self.sight, self.disc * 0.7)]),
                     lambda: pattern.find(other), lambda: troodon.read_mask("/nowhere.png"), lambda: troodon.Mask(numpy.zeros((2, 2, 3), bool))]:
            self.assertEqual(self.code_of(call), 4)


class Matching(Checks):
    RIGHT, DOWN = 32, 16  # the second picture's window

    def setUp(self):
        super().setUp()
        self.matcher = troodon.Matcher(grid=24)
        world = discs(240, 208, 5)
        self.a, self.b = world[:192, :192], world[self.DOWN:, self.RIGHT:][:192, :192]

    def error(self, a, b):
        return numpy.hypot(*(numpy.asarray(a) - (self.RIGHT, self.DOWN) - b).T)

    def test_a_picture_matches_itself_at_equal_places(self):
        found = self.matcher.match(self.a, self.a)
        self.assertGreater(len(found), 50)
        self.assertLess(abs(found.a - found.b).max(), 1)  # an eighth of a patch
        self.assertGreater(found.score.min(), 0.999)
        self.assertTrue(found.mutual.all())

    def test_pairs_follow_a_shift(self):
        found = self.matcher.match(png(self.a), self.b)
        count = len(found)
        self.assertGreater(count, 50)
        for array, shape, kind in [(found.a, (count, 2), float), (found.b, (count, 2), float), (found.score, (count,), float),
                                   (found.cycle, (count,), float), (found.mutual, (count,), bool), (found.inlier, (count,), bool)]:
            self.assertEqual((array.shape, array.dtype), (shape, kind))
        self.assertGreater((self.error(found.a, found.b) < 8).mean(), 0.9)  # a patch
        self.assertTrue((numpy.diff(found.score) <= 0).all() and found.inlier.all())
        self.assertEqual((found.model, found.inliers), (None, count))
        self.assertEqual(len(self.matcher.match(self.a, self.b, limit=7)), 7)
        self.assertLessEqual(self.matcher.match(self.a, self.b, mutual=False, cycle=4).cycle.max(), 4)
        agreed = self.matcher.match(self.a, self.b, verify="affine")
        middle = agreed.model @ (96, 96, 1)
        numpy.testing.assert_allclose(middle, (96 - self.RIGHT, 96 - self.DOWN, 1), atol=4)  # half a patch
        self.assertEqual(agreed.inliers, agreed.inlier.sum())

    def test_points_are_carried_over(self):
        points = [(80, 70), (120.5, 100), (100, 150)]
        at, score, cycle = self.matcher.carry(self.a, points, self.b)
        self.assertEqual((at.shape, score.shape, cycle.shape), ((3, 2), (3,), (3,)))
        self.assertLess(self.error(points, at).max(), 8)
        numpy.testing.assert_array_equal(self.matcher.carry(self.a, numpy.array(points), self.b)[0], at)
        self.assertEqual(self.matcher.carry(self.a, [], self.b)[0].shape, (0, 2))

    def test_a_restyled_picture_keeps_its_size_and_takes_the_colours(self):
        content, style = plain(96, 64, (60, 90, 190), 1), plain(80, 80, (210, 150, 60), 2)
        made = self.matcher.restyle(content, style)
        self.assertEqual((made.shape, made.dtype), ((64, 96, 3), numpy.uint8))

        def far(a, b):
            return numpy.linalg.norm(a.mean((0, 1)) - b.mean((0, 1)))
        self.assertLess(far(made, style), 0.1 * far(content, style))
        same = self.matcher.restyle(content, style, strength=0)
        self.assertLessEqual(abs(same.astype(int) - content).max(), 1)  # there and back through OKLab

    def test_failures_carry_the_exit_code(self):
        a, b = self.a, self.b
        for call, code in [(lambda: troodon.Matcher("/nowhere"), 4), (lambda: self.matcher.match("/nowhere.png", b), 4),
                           (lambda: self.matcher.match([a], b), 4), (lambda: self.matcher.match(a, b, edges=2), 2),
                           (lambda: self.matcher.match(a, b, verify="rigid"), 2), (lambda: self.matcher.carry(a, [1, 2, 3], b), 4),
                           (lambda: self.matcher.restyle(a, b, strength=-1), 2), (lambda: self.matcher.restyle(a, b"no picture"), 4)]:
            self.assertEqual(self.code_of(call), code)


class Frames(Checks):
    def setUp(self):
        super().setUp()
        self.frame = red_disc(60, 60, 30, 1)

    def test_the_newest_frame_is_answered_and_the_stream_ends(self):
        stream = troodon.DepthStream()
        for number in range(20):
            self.assertTrue(stream.push(number, self.frame))
        stream.close()
        self.assertFalse(stream.push(20, self.frame))
        numbers = []
        while answer := stream.next():
            numbers.append(answer.number)
            self.assertEqual((answer.metres.shape, answer.metres.dtype), ((120, 160), numpy.float32))
            self.assertGreater(answer.metres.min(), 0)
            self.assertGreater(answer.latency, 0)
        self.assertEqual((numbers, numbers[-1]), (sorted(numbers), 19))
        self.assertTrue(stream.finished())
        stats = stream.stats()
        self.assertEqual((stats.pushed, stats.answered + stats.dropped, stats.answered - stats.unread), (20, 20, len(numbers)))
        self.assertTrue(0 < stats.p50 <= stats.p99 <= stats.worst)

    def test_every_frame_is_answered_if_none_may_be_dropped(self):
        stream = troodon.DepthStream(drop="never")
        pushing = threading.Thread(target=lambda: ([stream.push(n, self.frame) for n in range(9)], stream.close()))
        pushing.start()
        self.assertEqual([stream.next().number for _ in range(9)], list(range(9)))
        pushing.join()
        self.assertIsNone(stream.next())

    def test_a_wait_ends_in_time_or_by_ctrl_c(self):
        stream = troodon.DepthStream()
        start = time.monotonic()
        self.assertIsNone(stream.next(0.25))
        self.assertGreaterEqual(time.monotonic() - start, 0.25)
        threading.Timer(0.2, press_ctrl_c).start()
        with self.assertRaises(KeyboardInterrupt):
            stream.next()
        stream.push(1, self.frame)
        self.assertEqual(stream.next().number, 1)
        full = troodon.DepthStream(drop="never")
        threading.Timer(0.2, press_ctrl_c).start()
        with self.assertRaises(KeyboardInterrupt):
            for number in range(100):  # nobody takes the answers
                full.push(number, self.frame)
            time.sleep(60)
        self.assertLess(number, 99)
        full.close()  # which Ctrl-C did, unless it came between two waits
        self.assertFalse(full.push(0, self.frame))

    def test_failures_carry_the_exit_code(self):
        stream = troodon.DepthStream()
        for frame in [self.frame[..., 0], self.frame.astype(float), png(self.frame), "frame.png", [self.frame], 7]:
            self.assertEqual(self.code_of(lambda: stream.push(0, frame)), 4)
        self.assertEqual(self.code_of(lambda: troodon.DepthStream(head="/nowhere")), 4)
        self.assertEqual(self.code_of(lambda: troodon.DepthStream(drop="oldest")), 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
