import { describe, expect, test } from "vitest";
import { Room } from "../../src/domain/room.js";

const LARGE = 40_000;

/** Who is in a room of a hundred thousand rows. */
function watched() {
  const room = new Room(100_000, 10_000);
  const inside = new Map<string, () => void>();
  const enter = async (name: string, rows: number, signal?: AbortSignal) => {
    inside.set(name, await room.enter(rows, signal));
  };
  const leave = (name: string) => {
    inside.get(name)?.();
    inside.delete(name);
  };
  /** After everybody had a turn. */
  const names = async () => {
    await new Promise(setImmediate);
    return [...inside.keys()];
  };
  return { room, enter, leave, names };
}

describe("a room for rows", () => {
  test("lets in what it holds, and the rest as others leave, in the order in which they came", async () => {
    const { enter, leave, names } = watched();
    for (const name of ["a", "b", "c", "d"]) void enter(name, LARGE);
    expect(await names()).toEqual(["a", "b"]);
    leave("b");
    expect(await names()).toEqual(["a", "c"]);
    leave("a");
    expect(await names()).toEqual(["c", "d"]);
  });

  test("lets the large one in before smaller ones that came later", async () => {
    const { enter, leave, names } = watched();
    void enter("first", LARGE);
    void enter("large", 90_000);
    void enter("later", LARGE);
    expect(await names()).toEqual(["first"]);
    leave("first");
    expect(await names()).toEqual(["large"]);
    leave("large");
    expect(await names()).toEqual(["later"]);
  });

  test("lets in alone what is larger than itself", async () => {
    const { enter, leave, names } = watched();
    void enter("first", LARGE);
    void enter("larger", 500_000);
    expect(await names()).toEqual(["first"]);
    leave("first");
    void enter("later", LARGE);
    expect(await names()).toEqual(["larger"]);
    leave("larger");
    expect(await names()).toEqual(["later"]);
  });

  test("has no one wait who brings little", async () => {
    const { enter, names } = watched();
    void enter("whole", 100_000);
    void enter("waits", LARGE);
    void enter("small", 10_000);
    expect(await names()).toEqual(expect.arrayContaining(["whole", "small"]));
    expect(await names()).toHaveLength(2);
  });

  test("is there at once for those who cannot wait, but not before those who do", async () => {
    const { room, enter, leave, names } = watched();
    const leaveNow = room.enterNow(90_000);
    expect(leaveNow).toBeDefined();
    expect(room.enterNow(LARGE)).toBeUndefined();
    expect(room.enterNow(10_000)).toBeDefined();
    void enter("waits", 90_000);
    void enter("waits longer", LARGE);
    leaveNow?.();
    expect(await names()).toEqual(["waits"]);
    // There would be room, which belongs to whoever waits longer.
    expect(room.enterNow(10_001)).toBeUndefined();
    leave("waits");
    expect(await names()).toEqual(["waits longer"]);
    expect(room.enterNow(60_000)).toBeDefined();
  });

  test("is left by who gives up, who then is in nobody's way", async () => {
    const { enter, leave, names } = watched();
    void enter("first", LARGE);
    const stop = new AbortController();
    const large = enter("large", 90_000, stop.signal);
    void enter("later", LARGE);
    expect(await names()).toEqual(["first"]);
    stop.abort(new Error("no more"));
    await expect(large).rejects.toThrow("no more");
    expect(await names()).toEqual(["first", "later"]);
    await expect(enter("late", LARGE, stop.signal)).rejects.toThrow("no more");
    leave("first");
    void enter("last", 60_000);
    expect(await names()).toEqual(["later", "last"]);
  });

  test("is not left again by whoever is in when its signal aborts", async () => {
    const { enter, leave, names } = watched();
    const stop = new AbortController();
    void enter("first", LARGE);
    void enter("second", 90_000, stop.signal);
    expect(await names()).toEqual(["first"]);
    leave("first");
    void enter("next", LARGE);
    stop.abort();
    expect(await names()).toEqual(["second"]);
  });
});
