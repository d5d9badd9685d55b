"""Presidio for benchmarks/pii: makes texts with its own generator, and finds personal data in texts.

generate COUNT SEED SPLIT   one JSON object a line: {"text", "spans": [{"start", "end", "type"}]}
analyze MODEL ENTITIES      reads {"text", "language"} a line; writes {"spans": [...]} a line, and last {"seconds"} of processor time

Every second template and person of the generator is for SPLIT dev, the others are for test.

Offsets count code points. MODEL is the folder of a spaCy pipeline; ENTITIES are joined by commas.
"""

import contextlib
import json
import logging
import random
import sys
import time

LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl"]
# Below this presidio-evaluator's own wrapper leaves results out.
LEAST_SCORE = 0.4


def generate(count: int, seed: int, split: str) -> None:
    import numpy
    from presidio_evaluator.data_generator import PresidioSentenceFaker, raw_data_dir
    from presidio_evaluator.data_generator.faker_extensions.datasets import load_fake_person_df

    random.seed(seed)
    numpy.random.seed(seed)
    lines = (raw_data_dir / "templates.txt").read_text().splitlines()
    first = 0 if split == "dev" else 1
    with contextlib.redirect_stdout(sys.stderr):
        faker = PresidioSentenceFaker(
            "en_US",
            lower_case_ratio=0.05,
            sentence_templates=[line.strip() for line in lines[first::2]],
            base_records=load_fake_person_df()[first::2].reset_index(drop=True),
            random_seed=seed,
        )
        samples = faker.generate_new_fake_sentences(num_samples=count)
    for sample in samples:
        spans = [{"start": s.start_position, "end": s.end_position, "type": s.entity_type} for s in sample.spans]
        print(json.dumps({"text": sample.full_text, "spans": spans}))


def analyze(model: str, entities: list[str]) -> None:
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

    logging.disable(logging.ERROR)
    nlp = spacy.load(model)

    class OneModel(SpacyNlpEngine):
        """The one pipeline that can be had serves every language."""

        def __init__(self) -> None:
            models = [{"lang_code": code, "model_name": model} for code in LANGUAGES]
            super().__init__(models=models, ner_model_configuration=NerModelConfiguration())
            self.nlp = {code: nlp for code in LANGUAGES}

        def load(self) -> None:
            pass

    engine = OneModel()
    registry = RecognizerRegistry(supported_languages=LANGUAGES)
    registry.load_predefined_recognizers(languages=LANGUAGES, nlp_engine=engine)
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=LANGUAGES)
    lines = [json.loads(line) for line in sys.stdin]
    known = {code: set(analyzer.get_supported_entities(code)) for code in LANGUAGES}
    print(json.dumps({"known": sorted(set().union(*known.values()))}), file=sys.stderr)
    for code in LANGUAGES:
        analyzer.analyze("Warm up.", language=code)
    seconds = 0.0
    for line in lines:
        wanted = [entity for entity in entities if entity in known[line["language"]]]
        start = time.process_time()
        results = analyzer.analyze(
            line["text"], language=line["language"], entities=wanted, score_threshold=LEAST_SCORE
        )
        seconds += time.process_time() - start
        spans = [{"start": r.start, "end": r.end, "type": r.entity_type} for r in results]
        print(json.dumps({"spans": spans}))
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    if sys.argv[1] == "generate":
        generate(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    else:
        analyze(sys.argv[2], sys.argv[3].split(","))
