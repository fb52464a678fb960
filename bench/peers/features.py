"""File to class-token feature: torch DataLoader and transformers Dinov2Model, fp32 on the CPU.

    python bench/peers/features.py --images DIR --arch vits14 --size 224
"""
import torch
from torch.utils.data import DataLoader, Dataset

from pictures import arguments, network, prepare, report


class Folder(Dataset):
    def __init__(self, paths, size):
        self.paths, self.size = paths, size

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return torch.from_numpy(prepare(self.paths[index], self.size))


def main():
    args = arguments(__doc__)
    torch.set_num_threads(args.threads)
    model = network(args.arch, args.size)
    what = "DataLoader and transformers Dinov2Model"
    with torch.inference_mode():
        if args.latency:
            pixels = torch.from_numpy(prepare(args.paths[0], args.size))[None]
            return report(args, what, lambda: len(model(pixel_values=pixels).last_hidden_state[:, 0]))
        loader = DataLoader(Folder(args.paths, args.size), batch_size=args.batch, num_workers=args.threads,
                            persistent_workers=True)
        report(args, what, lambda: len(torch.cat([model(pixel_values=p).last_hidden_state[:, 0] for p in loader])))


if __name__ == "__main__":
    main()
