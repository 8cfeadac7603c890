import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEBIBYTES = 256;

/** Mounts the image and becomes what follows; freed blocks stay as they are, as on disks. */
const MOUNT = 'mount -o loop,nodiscard "$0" "$1" && shift && exec "$@"';

/** How long the system may take to unmount it. */
const UNMOUNT_MILLIS = 15_000;

/**
 * A disk of its own: an ext4 file system in a file, of which every byte can be read, those of
 * removed and shortened files too. Only the program that is started on it sees it, and with the
 * program's end it is unmounted.
 */
export class Disk {
  readonly #folder: string;
  readonly place: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.place = join(folder, "disk");
    mkdirSync(this.place);
  }

  /** Why there can be none, if so: only root mounts, and only where there are loop devices. */
  static make(): Disk | string {
    const disk = new Disk(mkdtempSync(join(tmpdir(), "rejoinder-disk-")));
    try {
      execFileSync("truncate", ["-s", `${MEBIBYTES}M`, disk.#image]);
      execFileSync("mkfs.ext4", ["-q", "-F", "-b", "4096", disk.#image]);
      const [command = "", ...rest] = disk.before;
      execFileSync(command, [...rest, "true"], { stdio: "pipe" });
      return disk;
    } catch (error) {
      disk.remove();
      return String(error);
    }
  }

  get #image(): string {
    return join(this.#folder, "image");
  }

  /** What stands before a command that is to run on it. */
  get before(): string[] {
    const alone = ["unshare", "--mount", "--propagation", "private"];
    return [...alone, "sh", "-c", MOUNT, this.#image, this.place];
  }

  /** Until nothing changes on it any more: its last program has ended, and it is written out. */
  async unmounted(): Promise<void> {
    const until = Date.now() + UNMOUNT_MILLIS;
    while (execFileSync("losetup", ["--associated", this.#image], { encoding: "utf8" }) !== "") {
      if (Date.now() > until) throw new Error("the disk stays mounted");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Every byte that is on it by now. */
  bytes(): Buffer {
    return readFileSync(this.#image);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
