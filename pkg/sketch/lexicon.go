package sketch

// The lexicon behind Sketch.Intents. It was written from the public wording of incidents (the
// shapes of elicitation, grading, generation and cleaning that providers and agencies have
// described) and from general phrasings, and from no data set. Phrases are read by the same
// tokenizer as prompts: case, accents, hyphens and punctuation don't matter, "0" stands for any
// number, and in scripts written without spaces a phrase is found inside longer text.
//
// One word is seldom an intent. So phrases express concepts, and rules say which concepts near each
// other make an intent: "print" near "deliberation", "score" near "responses". That also finds
// wordings nobody listed.

// concept is an idea that phrases of many languages express.
type concept uint8

// The concepts of the lexicon.
const (
	// stepwise asks for visible work in so many words.
	stepwise concept = iota
	// every asks for all of something, stages are the pieces of a solution.
	every
	stages
	// telling is a verb that brings something out.
	telling
	// thinking names a course of thought.
	thinking
	// hidden says that something is not meant to be seen, or that it is wanted to the last word.
	hidden
	// secret names what a deployment keeps to itself: its system prompt, its thinking blocks.
	secret
	// coercing is a phrase that only makes sense against a model's own limits.
	coercing
	// scoring is a verb of judgement, answers what models give.
	scoring
	answers
	// grading names a marking scheme.
	grading
	// making is a verb of creation, material what students are trained on.
	making
	material
	// tidying is a verb of cleaning, recording names logs of talk or thought.
	tidying
	recording

	numConcepts
)

// rules tell which concepts make which intent, and how near each other the ends of their phrases
// must be, in words; characters of scripts written without spaces count half. A rule of a concept
// with itself needs no second one.
var rules = []struct {
	a, b   concept
	within int
	intent Intents
}{
	{stepwise, stepwise, 0, Reasoning},
	{every, stages, 3, Reasoning},
	{telling, thinking, 6, Reasoning},
	{hidden, thinking, 4, Coercion},
	{telling, secret, 5, Coercion},
	{coercing, coercing, 0, Coercion},
	{scoring, answers, 5, Rubric},
	{grading, grading, 0, Rubric},
	{making, material, 6, Generation},
	{tidying, recording, 6, Cleaning},
}

// lexicon holds the phrases of each concept, languages in this order: English, Chinese, Japanese,
// Korean, Spanish, Portuguese, French, German, Italian, Russian, Arabic, Hindi, Turkish,
// Vietnamese, Indonesian and others.
//
//nolint:misspell // words of other languages
var lexicon = []struct {
	concept concept
	phrases []string
}{
	{stepwise, []string{
		"step by step, one step at a time, show your work, show your working, show the steps, show your steps",
		"think aloud, think out loud, reason aloud, explain how you arrived, explain how you got, how you arrived at",
		"how you reached, justify each, justify every, justify your answer, intermediate step, intermediate steps",
		"full derivation, lets think, worked solution, before giving the final answer, before you answer explain",
		"一步一步, 一步步, 逐步, 分步, 写出步骤, 展示步骤, 详细步骤, 解题过程, 推导过程, 写出过程, 给出过程, 推理步骤, 每一步, 详细推导, 推導過程, 解題過程, 推理步驟, 詳細步驟",
		"ステップバイステップ, 段階的に, 一歩ずつ, 途中式, 順を追って, 各ステップ, ステップごとに, 導出過程, 解法の過程, 一段階ずつ",
		"단계별로, 단계적으로, 차근차근, 한 단계씩, 풀이 과정, 각 단계, 단계별 풀이, 유도 과정",
		"paso a paso, paso por paso, muestra tu trabajo, muestra los pasos",
		"muestra todos los pasos, explica cada paso, cada paso, justifica cada",
		"justifica tu respuesta",
		"pasos intermedios, razona en voz alta, passo a passo, mostre seu trabalho",
		"mostre os passos, explique cada passo, cada passo, justifique cada",
		"justifique sua resposta, passos intermediários, etapas intermediárias, raciocine em voz alta",
		"étape par étape, pas à pas, détaille chaque étape, détaillez chaque étape",
		"chaque étape, justifie chaque, justifiez chaque, justifie ta réponse",
		"justifiez votre réponse, étapes intermédiaires, raisonne à voix haute",
		"schritt für schritt, schrittweise, jeden schritt, jeder schritt, rechenweg",
		"lösungsweg, zwischenschritte, begründe jeden, begründen sie jeden",
		"begründe deine antwort, denke laut, herleitung, passo dopo passo",
		"passo per passo, mostra i passaggi, mostra tutti i passaggi, ogni passaggio",
		"giustifica ogni, passaggi intermedi, ragiona ad alta voce",
		"шаг за шагом, пошагово, пошаговое, пошаговый, по шагам, каждый шаг",
		"ход решения, промежуточные шаги, промежуточные вычисления, обоснуй каждый",
		"обоснуйте каждый, подробное решение, рассуждай вслух, рассуждайте вслух, крок за кроком, покроково, кожен крок",
		"خطوة بخطوة, خطوة خطوة, خطوات الحل, كل خطوة, الخطوات الوسيطة, فكر بصوت عال, گام به گام, قدم به قدم",
		"चरण दर चरण, चरणबद्ध, कदम दर कदम, स्टेप बाय स्टेप, हर चरण, प्रत्येक चरण, हल के चरण",
		"adım adım, her adımı, adımları göster, işlemleri göster, ara adımlar, ara adımları, çözüm yolu, sesli düşün",
		"từng bước, trình bày các bước, các bước giải, lời giải chi tiết, mỗi bước",
		"langkah demi langkah, tunjukkan langkah, setiap langkah, langkah penyelesaian",
		"krok po kroku, każdy krok, stap voor stap, elke stap, ทีละขั้นตอน, ทีละขั้น",
	}},
	{every, []string{"each, every, all, without skipping, dont skip, do not skip, never skip"}},
	{stages, []string{"step, steps, substeps, calculation, calculations, inference, inferences, deduction, deductions"}},
	{telling, []string{
		"show, reveal, print, output, write, narrate, articulate, document, describe",
		"include, give, list, state, present, record, spell out, verbalize",
		"verbalise, lay out, transcribe, expose, disclose, provide, explain, report",
		"repeat, reproduce, display, dump, return, expand on",
		"展示, 写出, 输出, 说明, 解释, 给出, 列出, 描述, 透露, 公开, 打印, 呈现, 复述, 阐述, 显示, 寫出, 輸出, 說明, 解釋, 列出, 公開",
		"示し, 書き出, 出力, 説明, 開示, 表示, 記述, 見せ, 書い, 明らか, 보여, 출력, 설명, 작성, 공개, 서술, 적어, 드러내, 제시, 나열",
		"muestra, muestre, mostrar, revela, revele, revelar, escribe, escriba, imprime",
		"explica, explique, explicar, incluye, incluya, narra, detalla, detalle",
		"mostre, mostra, revele, escreva, imprima, descreva, inclua, narre, detalhe",
		"montre, montrez, révèle, révélez, écris, écrivez, affiche, affichez, expliquez",
		"décris, décrivez, incluez, détaille, détaillez, donne, donnez",
		"zeige, zeigen, offenbare, schreibe, schreiben, gib, geben, erkläre, erklären",
		"erläutere, erläutern, beschreibe, beschreiben, dokumentiere, nenne",
		"mostrare, mostri, rivela, rivelare, scrivi, scriva, stampa, spiega, spieghi, descrivi, includi, elenca, esponi",
		"покажи, покажите, показать, раскрой, раскройте, выведи, выведите, напиши, напишите",
		"опиши, опишите, объясни, объясните, изложи, изложите, приведи, запиши",
		"اعرض, أظهر, اكتب, اطبع, اشرح, اذكر, صف, وضح, اكشف, قدم, أخرج",
		"दिखाएं, दिखाएँ, दिखाओ, दिखाइए, लिखें, लिखो, लिखिए, बताएं, बताओ, बताइए, समझाएं, समझाओ, प्रकट, वर्णन",
		"göster, gösterin, yaz, yazın, açıkla, açıklayın, anlat, anlatın, belirt, belirtin, yazdır",
		"hiển thị, trình bày, viết ra, giải thích, mô tả, in ra, tiết lộ, cho thấy, ghi lại",
		"tunjukkan, tampilkan, tuliskan, tulis, jelaskan, uraikan, cetak, ungkapkan, paparkan, sebutkan, sertakan",
	}},
	{thinking, []string{
		"reasoning, thought process, thoughts, thinking process, your thinking",
		"chain of thought, train of thought, line of thought, deliberation, deliberations",
		"rationale, logical steps, monologue, scratchpad, working memory, mental process",
		"reasoning trace, thinking trace, thinking tags, thinking block, derivation",
		"推理, 思考过程, 思维过程, 思维链, 思路, 推导, 内心独白, 思考過程, 思維鏈, 思維過程, 推論, 思考プロセス, 思考の過程, 論理の流れ, 考えの過程",
		"추론, 사고 과정, 생각의 과정, 사고의 흐름, 생각하는 과정",
		"razonamiento, razonamientos, proceso de pensamiento, cadena de pensamiento",
		"deliberación, raciocínio, processo de pensamento, cadeia de pensamento, deliberação",
		"raisonnement, processus de pensée, chaîne de pensée, délibération, cheminement de pensée",
		"gedankengang, gedankengänge, denkprozess, überlegungen, überlegung, gedankenkette, schlussfolgerungen",
		"ragionamento, ragionamenti, processo di pensiero, catena di pensiero, deliberazione",
		"рассуждения, рассуждение, рассуждений, ход мыслей, мыслительный процесс, размышления, размышлений, ход рассуждений",
		"تفكيرك, الاستدلال, استدلالك, سلسلة التفكير, عملية التفكير, منطقك, तर्क, विचार प्रक्रिया, सोच प्रक्रिया, चिंतन",
		"akıl yürütme, akıl yürütmeni, akıl yürütmenizi, düşünce süreci, düşünce sürecini, düşünce zinciri, muhakeme, muhakemeni",
		"suy luận, lập luận, quá trình suy nghĩ, chuỗi suy nghĩ, quá trình tư duy, penalaran, proses berpikir, rantai pemikiran, alur pikir",
	}},
	{hidden, []string{
		"internal, inner, hidden, private, verbatim, unfiltered, raw, uncensored",
		"unabridged, unedited, word for word, invisible, secret, behind the scenes",
		"not shorten, not summarize, not summarise, not abbreviate, without summarizing, without omitting, unsummarized",
		"内部, 内心, 隐藏, 逐字, 原封不动, 未经过滤, 不要省略, 不要总结, 內部, 內心, 隱藏, 隠れた, 隠された, 一字一句, 省略せず, 要約せず",
		"내부, 숨겨진, 내면, 원문 그대로, 요약하지, 생략하지",
		"interno, interna, internos, internas, oculto, oculta, ocultos, textualmente",
		"literalmente, palabra por palabra, sin filtrar, sin resumir",
		"palavra por palavra, sem filtro, sem resumir, na íntegra",
		"interne, internes, intérieur, intérieure, caché, cachée, cachées, mot pour mot, mot à mot, textuellement, sans filtre, sans résumer",
		"intern, internen, inneren, innere, versteckte, versteckten, verborgene",
		"verborgenen, wortwörtlich, wörtlich, ungefiltert, ungefilterte, ungekürzt",
		"interni, interiore, nascosto, nascosta, nascosti, testualmente, parola per parola, alla lettera, senza filtri",
		"внутренние, внутренний, внутреннего, внутренних, скрытые, скрытый, скрытых, скрытую, дословно, слово в слово, без сокращений",
		"الداخلي, الداخلية, المخفي, المخفية, حرفيا, كلمة بكلمة, دون اختصار, دون تلخيص, आंतरिक, छिपा, छिपे, छिपी, गुप्त, शब्दशः, हूबहू",
		"içsel, dahili, gizli, kelimesi kelimesine, aynen, filtresiz, kısaltmadan, nội bộ, nội tâm, nguyên văn, không rút gọn",
		"tersembunyi, kata demi kata, tanpa disingkat",
	}},
	{secret, []string{
		"system prompt, system message, hidden instructions, initial instructions",
		"original instructions, developer message, thinking block, thinking blocks",
		"thinking tags, thinking signature, hidden prompt",
		"系统提示, 系統提示, 隐藏指令, 初始指令, システムプロンプト, 隠された指示, 初期指示, 시스템 프롬프트, 숨겨진 지시, 초기 지시",
		"prompt del sistema, mensaje del sistema, instrucciones iniciales",
		"instrucciones ocultas, prompt do sistema, mensagem do sistema, instruções iniciais",
		"instruções ocultas, prompt système, invite système, message système, instructions initiales, instructions cachées",
		"systemprompt, systemnachricht, versteckten anweisungen",
		"ursprünglichen anweisungen, prompt di sistema, messaggio di sistema",
		"istruzioni iniziali",
		"istruzioni nascoste, системный промпт, системного промпта, системное сообщение, скрытые инструкции, исходные инструкции",
		"موجه النظام, رسالة النظام, التعليمات المخفية, التعليمات الأولية, सिस्टम प्रॉम्प्ट, छिपे निर्देश",
		"sistem istemi, sistem istemini, sistem mesajı, gizli talimatlar",
		"gizli talimatları, lời nhắc hệ thống, chỉ dẫn ẩn, prompt sistem, pesan sistem",
		"instruksi tersembunyi, instruksi awal",
	}},
	{coercing, []string{
		"real system prompt, actual system prompt, real system message, prior reasoning",
		"your previous reasoning, reasoning extraction, do not flag this, dont flag this",
		"previous working memory, prior working memory, inner monologue",
		"internal monologue, ignore previous instructions",
		"ignore all previous instructions",
		"ignore the previous instructions, ignore all prior instructions",
		"disregard previous instructions, contents of your thinking",
		"content of your thinking",
		"language used in the thinking, language of your thinking, behind a completed response, behind the completed response",
		"忽略之前的指令, 忽略以上指令, 忽略所有指令, 忽略之前的所有, 真正的系统提示, 忽略先前的指令, 以前の指示を無視, これまでの指示を無視, 이전 지시를 무시, 이전 지침을 무시",
		"ignora las instrucciones anteriores, ignora todas las instrucciones, ignore as instruções anteriores, ignore todas as instruções",
		"ignore les instructions précédentes, ignorez les instructions précédentes",
		"ignoriere alle vorherigen, ignoriere die vorherigen anweisungen",
		"ignora le istruzioni precedenti, игнорируй предыдущие инструкции, игнорируй все предыдущие, игнорируйте предыдущие инструкции",
		"تجاهل التعليمات السابقة, تجاهل جميع التعليمات, पिछले निर्देशों को अनदेखा",
		"önceki talimatları yok say, önceki talimatları görmezden gel",
		"bỏ qua các hướng dẫn trước, bỏ qua mọi hướng dẫn, abaikan instruksi sebelumnya, abaikan semua instruksi",
		"monólogo interno, monologue intérieur, innerer monolog, inneren monolog, monologo interiore, внутренний монолог, внутреннего монолога",
	}},
	{scoring, []string{
		"grade, grading, score, scoring, rate the, rate each, rate this, rate how, judge, judging",
		"evaluate, evaluating, assess, assessing, rank the, rank these, compare the",
		"compare two, compare both, critique",
		"评分, 打分, 评估, 评价, 评判, 評分, 評估, 採点, 評価, 判定, 채점, 평가, 점수를 매",
		"califica, calificar, califique, evalúa, evalúe, evaluar, puntúa, puntuar",
		"puntúe, juzga, avalie, avaliar, avalia, pontue, pontuar, julgue",
		"évalue, évaluez, évaluer, notez, jugez, bewerte, bewerten, beurteile",
		"beurteilen, benote, benoten, valuta, valutare, valuti, giudica, giudicare",
		"оцени, оцените, оценить, сравни, сравните, оценивай, قيم, قارن, احكم, تقييم, मूल्यांकन, तुलना, आंकें",
		"puanla, puanlayın, değerlendir, değerlendirin, karşılaştır, karşılaştırın",
		"chấm điểm, đánh giá, xếp hạng, nilailah, evaluasi, bandingkan, beri skor",
	}},
	{answers, []string{
		"answer, answers, response, responses, completion, completions, submission, submissions",
		"candidate answer, candidate solution, student solution, model output",
		"model outputs, assistant a, assistant b, two assistants, reply, replies",
		"回答, 答案, 回复, 回覆, 解答, 応答, 返答, 답변, 응답, 답안",
		"respuesta, respuestas, resposta, respostas, réponse, réponses, antwort, antworten, risposta, risposte, ответ, ответы, ответа, ответов",
		"الإجابة, إجابة, الإجابات, الرد, الردود, الاستجابة, उत्तर, उत्तरों, जवाब, cevap, cevabı, cevapları, yanıt, yanıtı, yanıtları",
		"câu trả lời, phản hồi, đáp án, bài làm, jawaban, respons, tanggapan",
	}},
	{grading, []string{
		"rubric, rubrics, score rubric, on a scale of 0, on a scale from 0, scale of 0 to 0",
		"score between 0 and 0, score from 0 to 0, integer between 0 and 0",
		"which response is better, which answer is better, better response, impartial judge",
		"evaluation criteria, grading criteria, scoring criteria, reference answer",
		"评分标准, 评价标准, 打分标准, 评分细则, 哪个回答更好, 更好的回答, 評分標準, 評価基準, 採点基準, 点満点, どちらの回答",
		"평가 기준, 채점 기준, 점 만점, 점 척도, 어느 답변이, 어떤 답변이 더",
		"rúbrica, criterios de evaluación, en una escala, escala del 0 al 0, juez imparcial",
		"qué respuesta es mejor, critérios de avaliação, em uma escala, numa escala",
		"escala de 0 a 0, juiz imparcial, qual resposta é melhor, grille d'évaluation",
		"grille de notation, barème, critères d'évaluation, sur une échelle de",
		"échelle de 0 à 0, juge impartial, quelle réponse est, bewertungsraster",
		"bewertungskriterien, bewertungsskala, auf einer skala, skala von 0 bis 0",
		"unparteiischer richter, welche antwort ist besser, criteri di valutazione",
		"su una scala da, scala da 0 a 0, giudice imparziale, quale risposta è migliore",
		"критерии оценки, критериям оценки, по шкале, шкале от 0 до 0, беспристрастный судья, какой ответ лучше",
		"معايير التقييم, سلم التقييم, على مقياس من, مقياس من 0 إلى 0, أي إجابة أفضل, मूल्यांकन मानदंड, के पैमाने पर",
		"değerlendirme ölçütleri, değerlendirme kriterleri, puanlama anahtarı, rubrik",
		"ölçeğinde, üzerinden puan, hangi cevap daha iyi, hangi yanıt daha iyi",
		"tiêu chí đánh giá, tiêu chí chấm, thang điểm, câu trả lời nào tốt hơn",
		"kriteria penilaian, skala 0 sampai 0, skala 0 hingga 0, jawaban mana yang lebih baik",
	}},
	{making, []string{
		"generate, generates, create, write, produce, compose, synthesize, synthesise, invent, come up with, design, devise, craft, make up",
		"生成, 创建, 编写, 构造, 撰写, 产生, 设计, 創建, 編寫, 產生, 作成, 作って, 書いて, 생성, 만들어, 작성",
		"genera, generar, genere, crea, crear, escribe, escriba, redacta, gere, gerar, crie, criar, escreva, produza, elabore",
		"génère, générez, générer, créez, créer, écris, écrivez, rédige, rédigez, produis",
		"produisez, generiere, generieren, erzeuge, erzeugen, erstelle, erstellen",
		"verfasse, generare, generi, creare, scrivi, produci, componi",
		"сгенерируй, сгенерируйте, создай, создайте, создать, составь, составьте, придумай, придумайте, напиши, напишите",
		"أنشئ, ولد, اكتب, أنتج, إنشاء, बनाएं, बनाएँ, बनाओ, तैयार करें, उत्पन्न, लिखें",
		"üret, üretin, oluştur, oluşturun, yaz, yazın, hazırla, hazırlayın, tạo, viết",
		"soạn, xây dựng, buat, buatlah, hasilkan, tulis, tuliskan, susun",
	}},
	{material, []string{
		"question answer pair, question answer pairs, question and answer pairs, qa pairs",
		"q a pairs, instruction response pairs, instruction answer pairs, instruction pairs",
		"prompt response pairs, prompt completion pairs, training data, training examples",
		"training samples, training set, training corpus, synthetic data, synthetic dataset",
		"synthetic examples, fine tuning data, finetuning data, fine tuning examples",
		"instruction data, diverse instructions, diverse questions, diverse prompts, new instructions",
		"new instruction, new questions, new problems, similar problems, similar questions",
		"multi turn conversation, multi turn conversations, multi turn dialogue",
		"multi turn dialogues, conversation between a user, dialogue between a user",
		"conversation between a human, dialogue between a human, few shot examples, seed instruction",
		"seed instructions, seed task, seed tasks, seed question, problems with solutions",
		"questions with answers, exercises with solutions",
		"increasing difficulty, 0 questions, 0 problems, 0 instructions, 0 prompts",
		"0 dialogues, 0 conversations, 0 qa, 0 pairs, 0 exercises, 0 training",
		"问答对, 训练数据, 训练样本, 训练集, 指令数据, 合成数据, 数据集, 指令微调, 多轮对话, 问题和答案, 道题, 条指令, 个问题, 对话数据, 問答對, 訓練數據, 訓練資料",
		"質問と回答, 問答ペア, 学習データ, 訓練データ, データセット, 合成データ, 指示データ, 対話データ, 個の質問, 個の問題",
		"질문 답변 쌍, 질문과 답변, 학습 데이터, 훈련 데이터, 데이터셋, 데이터 세트, 합성 데이터, 지시문, 대화 데이터, 개의 질문, 개의 문제",
		"preguntas y respuestas, datos de entrenamiento, conjunto de datos, datos sintéticos",
		"ejemplos de entrenamiento, 0 preguntas, 0 problemas, 0 instrucciones",
		"perguntas e respostas, dados de treinamento, dados de treino, conjunto de dados",
		"dados sintéticos, exemplos de treinamento, 0 perguntas, 0 instruções",
		"paires de questions, paires question réponse, questions et réponses",
		"données d'entraînement, jeu de données, données synthétiques, exemples d'entraînement",
		"0 problèmes, frage antwort paare, fragen und antworten, trainingsdaten",
		"trainingsbeispiele, datensatz, datensätze, synthetische daten, 0 fragen, 0 aufgaben",
		"0 anweisungen, domande e risposte, dati di addestramento, dati sintetici",
		"esempi di addestramento, 0 domande, 0 problemi, 0 istruzioni",
		"вопрос ответ, вопросы и ответы, вопросов и ответов, обучающие данные",
		"обучающих данных, обучающие примеры, датасет, набор данных, синтетические данные",
		"синтетических данных, 0 вопросов, 0 задач, 0 инструкций, 0 диалогов",
		"سؤال وجواب, أسئلة وأجوبة, بيانات تدريب, بيانات التدريب, مجموعة بيانات, بيانات اصطناعية, 0 أسئلة, 0 سؤالا",
		"प्रश्न उत्तर, प्रश्न और उत्तर, प्रशिक्षण डेटा, डेटासेट, कृत्रिम डेटा, सिंथेटिक डेटा, 0 प्रश्न",
		"soru cevap, soru ve cevap, eğitim verisi, eğitim verileri, veri kümesi, veri seti, sentetik veri, 0 soru, 0 problem",
		"cặp câu hỏi, câu hỏi và câu trả lời, hỏi đáp, dữ liệu huấn luyện, tập dữ liệu, bộ dữ liệu, dữ liệu tổng hợp, 0 câu hỏi, 0 bài toán",
		"tanya jawab, pasangan pertanyaan, pertanyaan dan jawaban, data pelatihan",
		"data latih, dataset, kumpulan data, data sintetis, 0 pertanyaan, 0 soal",
	}},
	{tidying, []string{
		"clean, cleaned, cleaning, cleaner, normalize, normalise, normalized, standardize",
		"standardise, rewrite, reformat, tidy, polish, deduplicate, restructure, convert",
		"condense, remove filler, 清洗, 清理, 整理, 规范化, 改写, 重写, 润色, 去重, 規範化, 改寫, 整形, クリーニング, 正規化, 書き直, 清書, 정리, 정제, 정규화, 다시 작성, 다듬",
		"limpia, limpie, limpiar, normaliza, normalice, reescribe, reescriba, limpe, limpar",
		"reescreva, nettoie, nettoyez, nettoyer, normalisez, réécris, réécrivez",
		"reformule, reformulez, bereinige, bereinigen, normalisiere, normalisieren",
		"überarbeite, pulisci, pulire, ripulisci, normalizza, riscrivi",
		"очисти, очистите, очистить, нормализуй, нормализуйте, перепиши, перепишите",
		"отредактируй, نظف, أعد كتابة, أعد صياغة, تنظيف, साफ, सामान्यीकृत, फिर से लिखें",
		"temizle, temizleyin, normalleştir, yeniden yaz, yeniden yazın, làm sạch",
		"chuẩn hóa, viết lại, bersihkan, normalisasi, tulis ulang, rapikan",
	}},
	{recording, []string{
		"transcript, transcripts, transcription, reasoning trace, reasoning traces",
		"thinking trace, chain of thought, chains of thought, reasoning, thought process",
		"conversation log, conversation logs, chat log, chat logs, chat history, trajectory",
		"trajectories, model output, model outputs, model response, model responses",
		"raw output, scratchpad, 对话记录, 推理过程, 思维链, 思考过程, 转录, 聊天记录, 轨迹, 模型输出, 對話記錄, 聊天記錄, 推理過程, 会話ログ, 文字起こし, 書き起こし, 推論過程",
		"思考過程, 対話ログ, モデル出力, トランスクリプト, 대화 기록, 녹취록, 추론 과정, 사고 과정, 대화 로그, 모델 출력, 트랜스크립트",
		"transcripción, transcripciones, razonamiento, cadena de pensamiento",
		"historial de chat, transcrição, transcrições, raciocínio, cadeia de pensamento",
		"transcription, transcriptions, raisonnement, chaîne de pensée",
		"historique de conversation, transkript, transkripte, gedankengang",
		"gedankenkette",
		"gesprächsprotokoll, chatverlauf, trascrizione, trascrizioni, ragionamento",
		"catena di pensiero, транскрипт, транскрипты, стенограмму, расшифровку",
		"рассуждения, цепочку рассуждений, лог диалога, نص المحادثة, سجل المحادثة, سلسلة التفكير, प्रतिलेख, ट्रांसक्रिप्ट, विचार प्रक्रिया",
		"transkript, transkripti, dökümü, konuşma kaydı, sohbet kaydı, düşünce zinciri",
		"bản ghi, chuỗi suy nghĩ, lịch sử trò chuyện, transkrip, riwayat percakapan",
	}},
}
