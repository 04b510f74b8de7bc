/** True for `any` alone. */
export type IsAny<T> = 0 extends 1 & T ? true : false;

/** True where two types are the same, `any` and optional fields told apart. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles for `true` alone. */
export type Expect<T extends true> = T;

/** A place for `Expect` among statements. */
export function checked<_T extends readonly true[]>(): void {}

type Leaf = string | number | boolean | bigint | symbol | null | undefined | Date;

/** The paths of all `any` within a type: `never` where there is none. */
export type AnyPaths<T, Path extends string = "it"> =
  IsAny<T> extends true
    ? Path
    : T extends Leaf
      ? never
      : T extends readonly (infer Item)[]
        ? AnyPaths<Item, `${Path}[]`>
        : T extends object
          ? { [K in keyof T & (string | number)]-?: AnyPaths<T[K], `${Path}.${K}`> }[keyof T &
              (string | number)]
          : never;
