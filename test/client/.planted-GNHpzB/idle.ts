// @ts-expect-error nothing is wrong here
export const right: number = 1;