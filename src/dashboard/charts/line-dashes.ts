/**
 * Lengths of line and gap, in pixels, that tell periods and their means apart without colours, however many values
 * there are: dots have shapes, but many values are drawn without them.
 */
export const LINE_DASHES = {
  before: [3, 2],
  after: [],
  meanBefore: [9, 3, 2, 3],
  meanAfter: [9, 4],
};
