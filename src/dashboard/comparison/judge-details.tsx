import type { PegJudge } from "../../contract/judge.js";
import { formatNumber } from "../../contract/numbers.js";
import { differenceUnit } from "../format/units.js";
import { useWords } from "../words/words.js";
import { rangeText } from "./interval-graphic.js";
import { tellCode, tellDropped } from "./judge-codes.js";

const percentOf = (share: number) => (share < 0.0001 ? "< 0.01 %" : `${(share * 100).toPrecision(3)} %`);

/** Why the verdict is what it is: what was compared, and what the tests say. */
export function JudgeDetails({ judge, unit }: { judge: PegJudge; unit: string }) {
  const { say, language } = useWords();
  const unitOfShift = differenceUnit(unit, language);
  const inWords = (code: string) => tellCode(code, say);
  const { variability, interval, equivalence_interval: equivalence } = judge;
  const spread = { more_variable: say("more"), less_variable: say("less"), same: say("as before") };
  const facts: [string, string | undefined][] = [
    [say("Better is"), inWords(judge.direction)],
    [say("Kind"), inWords(judge.kind)],
    [say("Compared"), `${inWords(judge.design)}, ${inWords(judge.scale)}`],
    [say("Pairs or samples"), String(judge.n)],
    [say("Worth so many independent ones"), judge.n_eff.toFixed(0)],
    [say("More are needed"), judge.needed === undefined ? undefined : String(judge.needed)],
    [say("95 % interval"), interval && rangeText(interval, judge)],
    [say("90 % interval"), equivalence && rangeText(equivalence, judge)],
    [say("Chance alone (p)"), judge.p === undefined ? undefined : percentOf(judge.p)],
    [say("Among all PEGs (q)"), judge.q === undefined ? undefined : percentOf(judge.q)],
    [say("Among critical PEGs (Holm)"), judge.p_holm === undefined ? undefined : percentOf(judge.p_holm)],
    [
      judge.direction === "neutral"
        ? say("An N sample is the larger one")
        : say("An N sample is the better one"),
      judge.p_better === undefined ? undefined : percentOf(judge.p_better),
    ],
    [
      say("Typical shift"),
      judge.shift === undefined
        ? undefined
        : `${formatNumber(judge.shift)}${unitOfShift && ` ${unitOfShift}`}`,
    ],
    [say("It varies"), variability && spread[variability.flag]],
    [
      say("Left out"),
      judge.dropped.length ? judge.dropped.map((dropped) => tellDropped(dropped, say)).join("; ") : undefined,
    ],
    [say("Mind"), judge.warnings.length ? judge.warnings.map(inWords).join("; ") : undefined],
  ];
  return (
    <section className="judge">
      <h3>{say("Why this verdict")}</h3>
      <dl>
        {facts.flatMap(([title, text]) =>
          text === undefined
            ? []
            : [
                <div key={title}>
                  <dt>{title}</dt>
                  <dd>{text}</dd>
                </div>,
              ],
        )}
      </dl>
    </section>
  );
}
