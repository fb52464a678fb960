"""One complete DINOv2 training step in plain PyTorch: eager or --compile, fp32 or --bf16, on the CPU or --device cuda.

Global and local crops go through the student in separate passes. The input
tensors are made once, so only the step is timed: teacher forward and Sinkhorn
targets, student forward and backward, clipping per module, AdamW, EMA.

    python bench/peers/train_step.py --dim 384 --depth 12 --heads 6 --batch 8
"""
import argparse
import copy
import json
import math
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

STUDENT_TEMP = 0.1


class Block(nn.Module):
    def __init__(self, dim, heads, drop_path=0.0, layerscale=1e-5, mlp_ratio=4):
        super().__init__()
        self.heads, self.drop_path = heads, drop_path
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.fc1 = nn.Linear(dim, mlp_ratio * dim)
        self.fc2 = nn.Linear(mlp_ratio * dim, dim)
        self.gamma1 = nn.Parameter(torch.full((dim,), float(layerscale)))
        self.gamma2 = nn.Parameter(torch.full((dim,), float(layerscale)))

    def attention(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        x = F.scaled_dot_product_attention(q, k, v)
        return self.proj(x.transpose(1, 2).reshape(b, n, d)) * self.gamma1

    def ffn(self, x):
        return self.fc2(F.gelu(self.fc1(self.norm2(x)))) * self.gamma2

    def forward(self, x):
        for branch in (self.attention, self.ffn):
            if self.training and self.drop_path > 0:  # only a subset of the batch pays for the branch
                keep = max(int(len(x) * (1 - self.drop_path)), 1)
                idx = torch.randperm(len(x), device=x.device)[:keep]
                x = x.index_add(0, idx, branch(x[idx]).to(x.dtype), alpha=len(x) / keep)
            else:
                x = x + branch(x)
        return x


class VisionTransformer(nn.Module):
    def __init__(self, image, patch, dim, depth, heads, drop_path=0.0, layerscale=1e-5):
        super().__init__()
        self.grid = image // patch
        self.patch_embed = nn.Conv2d(3, dim, patch, patch)
        self.cls_token = nn.Parameter(torch.randn(1, 1, dim) * 1e-6)
        self.mask_token = nn.Parameter(torch.zeros(1, dim))
        self.pos_embed = nn.Parameter(torch.randn(1, 1 + self.grid**2, dim) * 0.02)
        self.blocks = nn.ModuleList(Block(dim, heads, drop_path, layerscale) for _ in range(depth))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        init_linears(self)

    def positions(self, side):
        if side == self.grid:
            return self.pos_embed
        grid = self.pos_embed[:, 1:].unflatten(1, (self.grid, self.grid)).permute(0, 3, 1, 2)
        scale = (side + 0.1) / self.grid
        grid = F.interpolate(grid, scale_factor=(scale, scale), mode="bicubic")
        return torch.cat([self.pos_embed[:, :1], grid.flatten(2).transpose(1, 2)], dim=1)

    def forward(self, images, masks=None):
        """Normed tokens: class token first, then the patches."""
        x = self.patch_embed(images)
        side = x.shape[-1]
        x = x.flatten(2).transpose(1, 2)
        if masks is not None:
            x = torch.where(masks[..., None], self.mask_token.to(x.dtype), x)
        x = torch.cat([self.cls_token.to(x.dtype).expand(len(x), -1, -1), x], dim=1)
        x = x + self.positions(side).to(x.dtype)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class Head(nn.Module):
    """Three-layer MLP, unit sphere, weight-normed prototypes."""

    def __init__(self, dim, hidden, bottleneck, prototypes):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(),
                                 nn.Linear(hidden, bottleneck))
        init_linears(self)
        bound = 1 / math.sqrt(bottleneck)
        self.weight_v = nn.Parameter(torch.empty(prototypes, bottleneck).uniform_(-bound, bound))
        self.weight_g = nn.Parameter(torch.ones(prototypes, 1))

    def forward(self, x):
        x = F.normalize(self.mlp(x), dim=-1, eps=1e-12)
        return F.linear(x, self.weight_g * F.normalize(self.weight_v, dim=-1))


def init_linears(module):
    for m in module.modules():
        if isinstance(m, nn.Linear):
            nn.init.trunc_normal_(m.weight, std=0.02)
            nn.init.zeros_(m.bias)


@torch.no_grad()
def sinkhorn(logits, temp, iterations=3):
    q = torch.exp(logits.float() / temp).t()
    prototypes, rows = q.shape
    q /= q.sum()
    for _ in range(iterations):
        q /= q.sum(dim=1, keepdim=True) * prototypes
        q /= q.sum(dim=0, keepdim=True) * rows
    return (q * rows).t()


def cross_entropy(student, targets):
    """-sum_k t log_softmax(s / T), one value a row."""
    return -(targets * F.log_softmax(student.float() / STUDENT_TEMP, dim=-1)).sum(-1)


def koleo(x):
    x = F.normalize(x.float(), dim=-1, eps=1e-8)
    with torch.no_grad():
        nearest = (x @ x.t()).fill_diagonal_(-1).argmax(dim=1)
    return -torch.log(F.pairwise_distance(x, x[nearest], eps=1e-8) + 1e-8).mean()


class Dino(nn.Module):
    """Student, teacher and the losses between them."""

    def __init__(self, backbone, dino_head, ibot_head=None, dino_weight=1.0, ibot_weight=1.0, koleo_weight=0.1):
        super().__init__()
        self.student = nn.ModuleDict({"backbone": backbone, "dino_head": dino_head})
        if ibot_head is not None:
            self.student["ibot_head"] = ibot_head
        self.teacher = copy.deepcopy(self.student).requires_grad_(False).eval()
        self.weights = dino_weight, ibot_weight, koleo_weight
        self.ema_pairs = list(self.teacher.parameters()), list(self.student.parameters())

    def heads(self, net, cls, patches):
        if "ibot_head" in net:
            return net["dino_head"](cls), net["ibot_head"](patches)
        return net["dino_head"](torch.cat([cls, patches])).split([len(cls), len(patches)])

    @torch.no_grad()
    def targets(self, images, masked, temp):
        tokens = self.teacher["backbone"](images)
        cls, patches = self.heads(self.teacher, tokens[:, 0], tokens[:, 1:].flatten(0, 1)[masked])
        first, second = sinkhorn(cls, temp).chunk(2)
        return torch.cat([second, first]), sinkhorn(patches, temp)

    def loss(self, batch, temp):
        images, local_images, masks, masked, mask_weight = batch
        cls_targets, patch_targets = self.targets(images, masked, temp)
        tokens = self.student["backbone"](images, masks)
        local_cls = self.student["backbone"](local_images)[:, 0]
        cls = tokens[:, 0]
        logits, patches = self.heads(self.student, torch.cat([local_cls, cls]), tokens[:, 1:].flatten(0, 1)[masked])
        local_logits, logits = logits.split([len(local_cls), len(cls)])

        pairs = cls_targets.unflatten(0, (2, -1)).sum(0)
        locals_ = len(local_images) * 2 // len(images)
        local_loss = cross_entropy(local_logits, pairs.repeat(locals_, 1)).unflatten(0, (locals_, -1)).mean(1).sum()
        global_loss = 2 * cross_entropy(logits, cls_targets).mean()
        dino = (local_loss + global_loss) / (2 + 2 * locals_)
        ibot = (cross_entropy(patches, patch_targets) * mask_weight).sum() / len(images)
        spread = sum(koleo(half) for half in cls.chunk(2))
        wd, wi, wk = self.weights
        return wd * dino + wi * ibot + wk * spread, {"dino": dino.detach(), "ibot": ibot.detach(), "koleo": spread.detach()}

    def clip(self, limit):
        for module in self.student.values():
            nn.utils.clip_grad_norm_(module.parameters(), limit)

    @torch.no_grad()
    def update_teacher(self, momentum):
        teacher, student = self.ema_pairs
        torch._foreach_lerp_(teacher, student, 1 - momentum)


def parameter_groups(student, weight_decay=0.04):
    plain, decayed = [], []
    for name, p in student.named_parameters():
        free = name.endswith(".bias") or "norm" in name or "gamma" in name
        (plain if free else decayed).append(p)
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]


def random_masks(crops, grid, probability=0.5, low=0.1, high=0.5):
    """Half of the crops masked, their ratios spread over [low, high]."""
    tokens = grid * grid
    masks = torch.zeros(crops, tokens, dtype=torch.bool)
    count = int(crops * probability)
    for row, ratio in zip(torch.randperm(crops)[:count], torch.linspace(low, high, count)):
        masks[row, torch.randperm(tokens)[: max(int(tokens * ratio), 1)]] = True
    return masks


def mask_extras(masks):
    """Flat indices of the masked tokens and the weight of each."""
    weight = 1 / masks.sum(1).clamp(min=1).float()
    return masks.flatten().nonzero().flatten(), weight[:, None].expand_as(masks)[masks]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in dict(dim=384, depth=12, heads=6, patch=16, global_size=224, local_size=96, locals=8, batch=8,
                            prototypes=65536, hidden=2048, bottleneck=256, steps=10, warmup=2, threads=2).items():
        parser.add_argument("--" + name.replace("_", "-"), type=int, default=value)
    parser.add_argument("--drop-path", type=float, default=0.0)
    for flag in ("--separate-head", "--bf16", "--compile"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)

    backbone = VisionTransformer(args.global_size, args.patch, args.dim, args.depth, args.heads, args.drop_path)
    head = lambda: Head(args.dim, args.hidden, args.bottleneck, args.prototypes)
    dino = Dino(backbone, head(), head() if args.separate_head else None)
    for block in dino.teacher["backbone"].blocks:
        block.drop_path = 0.0
    dino.to(args.device)
    dino.ema_pairs = list(dino.teacher.parameters()), list(dino.student.parameters())
    if args.compile:  # block by block: crops of two sizes, and indices of masked patches that change, break whole graphs
        for net in (dino.student, dino.teacher):
            for block in net["backbone"].blocks:
                block.compile()
    masks = random_masks(2 * args.batch, args.global_size // args.patch)
    batch = (torch.randn(2 * args.batch, 3, args.global_size, args.global_size),
             torch.randn(args.locals * args.batch, 3, args.local_size, args.local_size), masks, *mask_extras(masks))
    batch = tuple(tensor.to(args.device) for tensor in batch)
    cuda = torch.device(args.device).type == "cuda"
    optimizer = torch.optim.AdamW(parameter_groups(dino.student), lr=1e-4, fused=True)

    samples = []
    for step in range(args.warmup + args.steps):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(torch.device(args.device).type, torch.bfloat16, enabled=args.bf16):
            loss, _ = dino.loss(batch, temp=0.07)
        loss.backward()
        dino.clip(3.0)
        optimizer.step()
        dino.update_teacher(0.992)
        if cuda:
            torch.cuda.synchronize()
        if step >= args.warmup:
            samples.append(args.batch / (time.perf_counter() - start))
    way, numbers = "compiled" if args.compile else "eager", "bf16" if args.bf16 else "fp32"
    memory = {"memory_mib": torch.cuda.max_memory_allocated() >> 20} if cuda else {}
    print(json.dumps({"what": f"training step, PyTorch {way} {numbers}", **memory, "unit": "images/s",
                      "samples": [round(s, 4) for s in samples], "min": round(min(samples), 4),
                      "median": round(statistics.median(samples), 4), "max": round(max(samples), 4),
                      "threads": args.threads, "torch": torch.__version__, "args": vars(args)}))


if __name__ == "__main__":
    main()
