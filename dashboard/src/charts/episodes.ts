// Blood pressures as single measurements: a machine that repeats the last one in every frame has not measured again.

export interface Episode {
  readonly timeS: number;
  readonly systolic: number;
  readonly diastolic: number;
}

export class Episodes {
  list: Episode[] = [];
  #broken = true;

  clear(): void {
    this.list = [];
    this.#broken = true;
  }

  /** Adds what a reading or bucket said at `timeS`; nothing said in between makes an equal value a new measurement. */
  add(timeS: number, systolic: number | null | undefined, diastolic: number | null | undefined): void {
    if (systolic == null || diastolic == null) {
      this.#broken = true;
      return;
    }
    const last = this.list.at(-1);
    const same = last !== undefined && last.systolic === systolic && last.diastolic === diastolic;
    if (same && !this.#broken) return;
    if (last !== undefined && timeS <= last.timeS) return;
    this.list.push({ timeS, systolic, diastolic });
    this.#broken = false;
  }

  trim(startS: number): void {
    this.list = this.list.filter((episode) => episode.timeS >= startS);
  }

  extent(): readonly [number, number] | null {
    if (this.list.length === 0) return null;
    const lows = this.list.map((episode) => episode.diastolic);
    const highs = this.list.map((episode) => episode.systolic);
    return [Math.min(...lows), Math.max(...highs)];
  }
}
