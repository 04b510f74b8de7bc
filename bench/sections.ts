import { describeCalls, measureCalls } from "./calls.js";
import { describeClientSize, measureClientSize } from "./client-size.js";
import { describeJudge, measureJudge } from "./judge.js";
import { describePage, measurePage } from "./page.js";
import { describePickUp, measurePickUp } from "./pick-up.js";
import { section } from "./section.js";

/** All that is measured, by name, in its order. */
export const SECTIONS = {
  // First, while the heap is small.
  judge: section(({ progress }) => measureJudge(progress), describeJudge),
  calls: section(measureCalls, describeCalls),
  tasks: section(
    ({ closers, progress }) => measurePickUp(closers, progress),
    (pickUps) => pickUps.map(describePickUp).join("\n"),
  ),
  client: section(({ progress }) => measureClientSize(progress), describeClientSize),
  page: section(({ closers, progress }) => measurePage(closers, progress), describePage),
};

export type SectionName = keyof typeof SECTIONS;
export const SECTION_NAMES = Object.keys(SECTIONS) as SectionName[];
