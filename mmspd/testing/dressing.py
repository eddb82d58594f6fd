"""Paints a posed body in its clothes onto a canvas, limb by limb.

``Dresser`` knows nothing of order: its caller paints what is far first.
"""

import cv2
import numpy as np

from mmspd.anatomy import PARSING_CLASSES
from mmspd.testing.body import HEAD_HALF_WIDTH, SIDES, Body
from mmspd.testing.canvas import Canvas, Chart
from mmspd.testing.outfit import Colour, Outfit
from mmspd.testing.shapes import Capsule, Ellipse, RoundedPolygon, across

# Surface parts of a limb: (right, left) of the front and of the back chart.
_PARTS = {
    'hand': ((3, 4), (3, 4)),
    'foot': ((6, 5), (6, 5)),
    'upper_leg': ((9, 10), (7, 8)),
    'lower_leg': ((13, 14), (11, 12)),
    'upper_arm': ((16, 15), (18, 17)),
    'lower_arm': ((20, 19), (22, 21)),
}
_TORSO_PARTS = (2, 1)
_HEAD_PARTS = (23, 24)  # right half, left half
_DARK: Colour = (30.0, 25.0, 25.0)
_WHITE: Colour = (240.0, 240.0, 240.0)


def _class(name: str) -> int:
    return PARSING_CLASSES.index(name)


def _shade(colour: Colour, factor: float) -> Colour:
    blue, green, red = (min(channel * factor, 255.0) for channel in colour)
    return blue, green, red


def _between(start: np.ndarray, end: np.ndarray, fraction: float) -> np.ndarray:
    return start + fraction * (end - start)


def _sleeve(limb: Capsule, cover: float, looseness: float) -> Capsule:
    """The part of a limb that a garment covers, from its near end; ``cover`` in 0..1."""
    end_radius = limb.start_radius + cover * (limb.end_radius - limb.start_radius)
    return Capsule(
        limb.start, _between(limb.start, limb.end, cover), limb.start_radius * looseness, end_radius * looseness
    )


class Dresser:
    """Paints one person.

    Args:
        canvas (Canvas): Painted on.
        body (Body): In the canvas's pixels.
        outfit (Outfit): What the person wears.
    """

    def __init__(self, canvas: Canvas, body: Body, outfit: Outfit) -> None:
        self.canvas = canvas
        self.body = body
        self.outfit = outfit
        self.unit = body.height
        head_top, neck = body.joint('head_top'), body.joint('upper_neck')
        length = max(float(np.hypot(*(neck - head_top))), 1e-6)
        self.head_down = (neck - head_top) / length
        self.head = Ellipse((head_top + neck) / 2, self.head_down, HEAD_HALF_WIDTH * self.unit, length / 2)
        self.head_chart = Chart(self.head, _HEAD_PARTS, body.sign('left'))
        part = _TORSO_PARTS[not body.frontal]
        self.torso = self._torso_shape(0.0)
        self.torso_chart = Chart(self.torso, (part, part), body.sign('left'))

    def _limb(self, limb: str, side: str, start: np.ndarray, end: np.ndarray) -> tuple[Capsule, Chart]:
        """Shape and surface chart of one limb."""
        shape = Capsule(start, end, *self.body.radii(limb))
        part = _PARTS[limb][not self.body.frontal][side == 'left']
        return shape, Chart(shape, (part, part), self.body.sign(side))

    def _leg_limbs(self, side: str) -> list[tuple[Capsule, Chart]]:
        hip, knee, ankle = (self.body.joint(f'{side}_{name}') for name in ('hip', 'knee', 'ankle'))
        return [self._limb('upper_leg', side, hip, knee), self._limb('lower_leg', side, knee, ankle)]

    def draw_arm(self, side: str) -> None:
        """Paint arm, hand, glove and sleeve of one side."""
        shoulder, elbow, wrist = (self.body.joint(f'{side}_{name}') for name in ('shoulder', 'elbow', 'wrist'))
        upper, upper_chart = self._limb('upper_arm', side, shoulder, elbow)
        lower, lower_chart = self._limb('lower_arm', side, elbow, wrist)
        hand, hand_chart = self._limb('hand', side, wrist, self.body.hands[side])
        skin, label = self.outfit.colours['skin'], _class(f'{side.capitalize()}Arm')
        self.canvas.paint(upper, skin, label, [upper_chart])
        self.canvas.paint(lower, skin, label, [lower_chart])
        gloved = 'Glove' in self.outfit.extras
        colour = self.outfit.colours['Glove'] if gloved else _shade(skin, 0.95)
        self.canvas.paint(hand, colour, _class('Glove') if gloved else label, [hand_chart])
        cloth, label = self.outfit.colours[self.outfit.top], _class(self.outfit.top)
        if self.outfit.sleeve > 1:
            self.canvas.paint(_sleeve(lower, self.outfit.sleeve - 1, 1.2), _shade(cloth, 0.94), label, [lower_chart])
        if self.outfit.sleeve > 0:
            shape = _sleeve(upper, min(self.outfit.sleeve, 1), 1.16)
            self.canvas.paint(shape, _shade(cloth, 0.94), label, [upper_chart], self._stripes(5))

    def draw_leg(self, side: str) -> None:
        """Paint leg, sock, shoe and trouser leg of one side."""
        (upper, upper_chart), (lower, lower_chart) = self._leg_limbs(side)
        foot, foot_chart = self._limb('foot', side, lower.end, self.body.feet[side])
        colours, label = self.outfit.colours, _class(f'{side.capitalize()}Leg')
        self.canvas.paint(upper, colours['skin'], label, [upper_chart])
        self.canvas.paint(lower, colours['skin'], label, [lower_chart])
        if 'Socks' in self.outfit.extras:
            sock = Capsule(_between(lower.start, lower.end, 0.7), lower.end, lower.end_radius * 1.2, lower.end_radius)
            self.canvas.paint(sock, colours['Socks'], _class('Socks'), [lower_chart])
        if 'Shoes' in self.outfit.extras:
            shoe = Capsule(foot.start, foot.end, foot.start_radius * 1.05, foot.end_radius * 1.15)
            self.canvas.paint(shoe, colours['shoes'], _class(f'{side.capitalize()}Shoe'), [foot_chart])
            if self.body.frontal:  # a light toe cap
                self.canvas.paint(Capsule(foot.end, foot.end, *[foot.end_radius * 0.6] * 2), _shade(_WHITE, 0.9))
        else:
            self.canvas.paint(foot, _shade(colours['skin'], 0.95), label, [foot_chart])
        if self.outfit.trouser > 0:
            cloth, label = colours[self.outfit.bottom], _class(self.outfit.bottom)
            if self.outfit.trouser > 1:
                self.canvas.paint(_sleeve(lower, self.outfit.trouser - 1, 1.2), cloth, label, [lower_chart])
            self.canvas.paint(_sleeve(upper, min(self.outfit.trouser, 1), 1.1), cloth, label, [upper_chart])

    def _torso_shape(self, drop: float) -> RoundedPolygon:
        """The torso from the shoulders to ``drop`` (in body heights) below the hips."""
        joint, unit = self.body.joint, self.unit
        thorax, pelvis = joint('thorax'), joint('pelvis')
        down = (pelvis - thorax) / max(float(np.hypot(*(pelvis - thorax))), 1e-6)
        corners = [_between(thorax, joint(f'{side}_shoulder'), 0.9) for side in SIDES]
        corners += [joint(f'{side}_hip') + down * drop * unit for side in reversed(SIDES)]
        corners.append(thorax - down * 0.012 * unit)
        radius = self.body.radii('torso')[0]
        return RoundedPolygon(_hull(corners), radius, thorax, pelvis, 0.115 * unit)

    def _stripes(self, count: int) -> tuple[Colour, int] | None:
        return (_shade(self.outfit.colours[self.outfit.top], 0.62), count) if self.outfit.striped else None

    def draw_torso(self) -> None:
        """Paint neck, torso, what hangs from it (skirt, coat) and a scarf; over the legs."""
        outfit, unit, joint = self.outfit, self.unit, self.body.joint
        neck = Capsule(joint('upper_neck'), joint('thorax'), *self.body.radii('neck'))
        self.canvas.paint(neck, _shade(outfit.colours['skin'], 0.88), 0, [self.torso_chart])
        if outfit.trouser > 0:
            self._draw_seat()
        else:
            self._draw_skirt(outfit.bottom, outfit.hem, flare=0.035)
        if outfit.top == 'Coat':
            self._draw_skirt('Coat', 0.5, flare=0.012)
        drop = -0.045 if outfit.top == 'UpperClothes' else 0.0
        cloth = outfit.colours[outfit.top]
        self.canvas.paint(self._torso_shape(drop), cloth, _class(outfit.top), [self.torso_chart], self._stripes(7))
        self._draw_middle()
        if 'Scarf' in outfit.extras:
            collar = _between(joint('upper_neck'), joint('thorax'), 0.75)
            aside = 0.035 * unit * across(self.head_down)
            scarf, label = outfit.colours['Scarf'], _class('Scarf')
            if self.body.frontal:
                tail = collar + aside * 0.6 + self.head_down * 0.13 * unit
                self.canvas.paint(Capsule(collar, tail, 0.02 * unit, 0.022 * unit), _shade(scarf, 0.93), label)
            self.canvas.paint(Capsule(collar - aside, collar + aside, 0.024 * unit, 0.024 * unit), scarf, label)

    def _draw_skirt(self, kind: str, hem: float, flare: float) -> None:
        """Paint a skirt, or a coat's or dress's lower part: it hangs from the hips and hides the legs down to the hem.

        The body below is what is nearest there: torso or a leg.
        """
        legs = {side: self._leg_limbs(side) for side in SIDES}
        waist = self.body.joint('pelvis') + np.array([0.0, -0.05]) * self.unit
        corners = [waist + np.array([self.body.sign(side) * 0.05 * self.unit, 0.0]) for side in SIDES]
        for side, ((upper, _), (lower, _)) in legs.items():
            end = _between(upper.start, upper.end, hem) if hem <= 1 else _between(lower.start, lower.end, hem - 1)
            corners.append(end + np.array([self.body.sign(side) * flare * self.unit, 0.0]))
            # Wide enough at the hips that no thigh shows beside it.
            corners.append(upper.start + np.array([self.body.sign(side) * 0.032, -0.005]) * self.unit)
        middle = waist, (corners[2] + corners[4]) / 2
        shape = RoundedPolygon(_hull(corners), 0.03 * self.unit, *middle, 0.15 * self.unit)
        charts = [self.torso_chart, *(chart for limbs in legs.values() for _, chart in limbs)]
        self.canvas.paint(shape, self.outfit.colours[kind], _class(kind), charts)

    def _draw_middle(self) -> None:
        """Paint what tells front from back in the torso's middle: an open coat or buttons, or a seam at the back."""
        outfit, unit = self.outfit, self.unit
        thorax, pelvis = self.body.joint('thorax'), self.body.joint('pelvis')
        cloth = outfit.colours[outfit.top]
        if not self.body.frontal:
            seam = Capsule(_between(thorax, pelvis, 0.1), _between(thorax, pelvis, 0.75), *[0.006 * unit] * 2)
            self.canvas.paint(seam, _shade(cloth, 0.75))
        elif outfit.top == 'Coat':
            opening = Capsule(_between(thorax, pelvis, 0.12), _between(thorax, pelvis, 0.9), 0.036 * unit, 0.026 * unit)
            self.canvas.paint(opening, outfit.colours['UpperClothes'], _class('UpperClothes'))
        else:
            for fraction in (0.2, 0.4, 0.6):
                button = _between(thorax, pelvis, fraction)
                self.canvas.paint(Capsule(button, button, *[0.011 * unit] * 2), _WHITE)

    def _draw_seat(self) -> None:
        """Paint the top of the trousers from waist to hips, with pockets if seen from the back."""
        pelvis, radius = self.body.joint('pelvis'), self.body.radii('torso')[0]
        waist = pelvis - np.array([0.0, 0.03 * self.unit])
        corners = []
        for side in SIDES:
            sideways = np.array([self.body.sign(side) * self.unit, 0.0])
            corners += [self.body.joint(f'{side}_hip') + 0.02 * sideways, waist + 0.05 * sideways]
        seat = RoundedPolygon(_hull(corners), radius, waist, pelvis, 0.11 * self.unit)
        cloth = self.outfit.colours[self.outfit.bottom]
        self.canvas.paint(seat, cloth, _class(self.outfit.bottom), [self.torso_chart])
        if self.body.frontal:
            return
        colour = _shade(self.outfit.colours[self.outfit.bottom], 0.6)
        for side in SIDES:
            top = _between(self.body.joint('pelvis'), self.body.joint(f'{side}_hip'), 0.8)
            bottom = top + np.array([0.0, 0.025 * self.unit])
            self.canvas.paint(Capsule(top, bottom, *[0.018 * self.unit] * 2), colour)

    def _on_head(self, u: float, v: float) -> np.ndarray:
        """The point (2,) at u (-1..1 across) and v (-1..1, downwards) of the head's ellipse."""
        head = self.head
        return head.centre + u * head.half_width * across(head.axis) + v * head.half_length * head.axis

    def draw_back_hair(self) -> None:
        """Paint long hair behind the shoulders of a person who faces the viewer; before torso and head."""
        if self.outfit.long_hair and self.body.frontal:
            self._paint_long_hair(1.0)

    def _paint_long_hair(self, length: float) -> None:
        head = self.head
        shape = Capsule(head.centre, self._on_head(0, length * 1.3), head.half_width * 1.1, head.half_width * 1.25)
        self.canvas.paint(shape, self.outfit.colours['hair'], _class('Hair'), [self.head_chart, self.torso_chart])

    def draw_head(self) -> None:
        """Paint hair, face, sunglasses and hat."""
        head, outfit = self.head, self.outfit
        hair, skin = outfit.colours['hair'], outfit.colours['skin']
        skull = Ellipse(self._on_head(0, -0.06), head.axis, head.half_width * 1.12, head.half_length * 1.04)
        self.canvas.paint(skull, hair, _class('Hair'), [self.head_chart])
        if self.body.frontal:
            face = Ellipse(self._on_head(0, 0.2), head.axis, head.half_width * 0.88, head.half_length * 0.8)
            self.canvas.paint(face, skin, _class('Face'), [self.head_chart])
            self._draw_face()
        elif outfit.long_hair:
            self._paint_long_hair(1.15)
        if 'Hat' in outfit.extras:
            corners = [self._on_head(u, v) for u, v in ((-0.75, -0.85), (0.75, -0.85), (1.0, -0.45), (-1.0, -0.45))]
            crown = RoundedPolygon(
                _hull(corners), head.half_width * 0.18, corners[0], corners[3], head.half_width * 1.2
            )
            self.canvas.paint(crown, outfit.colours['Hat'], _class('Hat'), [self.head_chart])
            if self.body.frontal:
                brim = Capsule(self._on_head(-1.15, -0.38), self._on_head(1.15, -0.38), *[head.half_length * 0.1] * 2)
                self.canvas.paint(brim, _shade(outfit.colours['Hat'], 0.75), _class('Hat'), [self.head_chart])

    def _draw_face(self) -> None:
        """Paint eyes or sunglasses, and a mouth."""
        size = self.head.half_width
        for u in (-0.28, 0.28):
            smile = Capsule(self._on_head(0, 0.66), self._on_head(u, 0.56), *[size * 0.08] * 2)
            self.canvas.paint(smile, (70.0, 60.0, 170.0))
        if 'Sunglasses' in self.outfit.extras:
            label, height = _class('Sunglasses'), 0.08
            bridge = Capsule(self._on_head(-0.75, height - 0.06), self._on_head(0.75, height - 0.06), *[size * 0.1] * 2)
            self.canvas.paint(bridge, _DARK, label)
            for u in (-0.4, 0.4):
                lens = self._on_head(u, height)
                self.canvas.paint(Ellipse(lens, self.head.axis, size * 0.33, size * 0.3), _DARK, label)
        else:
            for u in (-0.36, 0.36):
                eye = self._on_head(u, 0.08)
                self.canvas.paint(Capsule(eye, eye, size * 0.13, size * 0.13), _DARK)


def _hull(corners: list[np.ndarray]) -> np.ndarray:
    """Convex hull (N, 2) of points, in order."""
    return cv2.convexHull(np.stack(corners).astype(np.float32))[:, 0].astype(np.float64)
