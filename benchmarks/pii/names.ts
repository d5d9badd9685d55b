/**
 * Names, streets and towns by language, all common ones of their countries, to fill templates with. Every second one
 * is for development, the others for the test, so that nothing that was seen in tuning is in what is reported.
 */

export type Language = 'en' | 'de' | 'fr' | 'es' | 'it' | 'pt' | 'nl';
export const LANGUAGES: readonly Language[] = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl'];

export interface Names {
  readonly given: readonly string[];
  readonly surnames: readonly string[];
  /** Whole, with their word for street. */
  readonly streets: readonly string[];
  /** Towns with a postal code of theirs. */
  readonly towns: readonly string[];
}

const list = (text: string): readonly string[] => text.split(',').map((name) => name.trim());

export const NAMES: Readonly<Record<Language, Names>> = {
  en: {
    given: list(
      'James, Olivia, Robert, Amelia, William, Charlotte, Joseph, Harper, Thomas, Evelyn, Charles, Abigail, Daniel, Emily, Matthew, Scarlett, Anthony, Grace, Mark, Chloe, Donald, Victoria, Steven, Riley, Andrew, Aria, Kenneth, Lily, Joshua, Hannah, Kevin, Zoe, Brian, Nora, Ronald, Hazel, Priya, Kwame, Aisha, Siobhan, Malik, Imogen, Dwayne, Niamh, Tariq, Rosalind, Desmond, Latoya, Nigel, Philippa',
    ),
    surnames: list(
      "Smith, Johnson, Whitaker, Brown, Pemberton, Garcia, Miller, Ashworth, Davis, Rodriguez, Hargreaves, Wilson, Blackwood, Anderson, Thomas, Fairbanks, Moore, Jackson, Thornton, Lee, Okafor, Thompson, White, O'Connor, Clark, Ramsey, Lewis, Robinson, Kensington, Young, Allen, Winslow, Wright, Scott, Delacroix, Nguyen, Hill, Abernathy, Green, Adams, Mbeki, Baker, Hall, Fitzgerald, Campbell, Mitchell, McAllister, Carter, Patel, Underwood",
    ),
    streets: list(
      'Maple Street, Oak Avenue, Pinewood Drive, Elm Street, Washington Boulevard, Lakeview Road, Cedar Lane, Hillcrest Avenue, Church Road, Station Road, Victoria Street, Park Lane, Sunset Terrace, Mill Lane, Highland Court, Meadow Way, Kings Road, Birchwood Close, Franklin Street, Juniper Court',
    ),
    towns: list(
      'Springfield, Bristol, Dayton, Leeds, Tucson, Norwich, Portland, Sheffield, Madison, Exeter, Boise, Coventry, Omaha, Swansea, Fresno, Dundee',
    ),
  },
  de: {
    given: list(
      'Hans, Anna, Jürgen, Lena, Wolfgang, Sabine, Uwe, Petra, Matthias, Heike, Stefan, Ute, Florian, Birgit, Thorsten, Claudia, Sebastian, Katharina, Lukas, Franziska, Maximilian, Johanna, Rüdiger, Gisela, Björn, Annegret, Tobias, Silke, Dieter, Monika, Felix, Marlene, Günther, Liesel, Kai, Yvonne, Mehmet, Ayşe, Emre, Svetlana',
    ),
    surnames: list(
      'Müller, Schmidt, Schneider, Fischer, Weber, Meyer, Wagner, Becker, Schulz, Hoffmann, Schäfer, Koch, Bauer, Richter, Klein, Wolf, Schröder, Neumann, Schwarz, Zimmermann, Braun, Krüger, Hofmann, Hartmann, Lange, Schmitt, Werner, Krause, Lehmann, Köhler, Herrmann, Böhm, Vogel, Friedrich, Keller, Günther, Frank, Berger, Winkler, Roth, Yılmaz, Kowalski, von Berg, Großmann, Pfeiffer, Dietrich',
    ),
    streets: list(
      'Hauptstraße, Bahnhofstraße, Gartenweg, Lindenallee, Schulstraße, Goethestraße, Bergstraße, Kirchplatz, Am Mühlbach, Rosenweg, Schillerstraße, Dorfstraße, Ringstraße, Birkenweg, Marktplatz, Friedrichstraße',
    ),
    towns: list(
      'München, Köln, Freiburg, Leipzig, Bremen, Nürnberg, Kassel, Dresden, Hannover, Bonn, Münster, Rostock, Augsburg, Mainz',
    ),
  },
  fr: {
    given: list(
      'Jean, Marie, Pierre, Camille, Michel, Amélie, Philippe, Nathalie, Laurent, Chloé, Nicolas, Isabelle, Julien, Sophie, François, Hélène, Mathieu, Aurélie, Guillaume, Céline, Antoine, Manon, Benoît, Élodie, Thierry, Margaux, Jean-Luc, Anne-Sophie, Yves, Delphine, Mohamed, Fatima, Rémi, Océane, Gaël, Inès',
    ),
    surnames: list(
      'Martin, Bernard, Dubois, Thomas, Robert, Richard, Petit, Durand, Leroy, Moreau, Simon, Laurent, Lefebvre, Michel, Garcia, David, Bertrand, Roux, Vincent, Fournier, Morel, Girard, André, Mercier, Dupont, Lambert, Bonnet, Fontaine, Rousseau, Chevalier, Gauthier, Perrin, Robin, Masson, Le Gall, Benali, Lefèvre, d’Aubigny, Carpentier, Guérin',
    ),
    streets: list(
      'rue de la Paix, avenue Victor Hugo, boulevard Saint-Michel, rue des Lilas, place de la République, chemin des Vignes, rue Pasteur, allée des Tilleuls, rue du Moulin, impasse des Cerisiers, avenue Jean Jaurès, quai de la Fosse, rue Gambetta, route de Lyon',
    ),
    towns: list(
      'Paris, Lyon, Toulouse, Nantes, Rennes, Lille, Bordeaux, Dijon, Grenoble, Angers, Reims, Brest',
    ),
  },
  es: {
    given: list(
      'José, María, Antonio, Carmen, Manuel, Lucía, Javier, Pilar, Alejandro, Beatriz, Miguel Ángel, Rocío, Sergio, Inmaculada, Pablo, Cristina, Álvaro, Nuria, Diego, Marta, Raúl, Silvia, Jesús, Ángela, Iván, Elena, Rubén, Montserrat, Óscar, Paula, Guillermo, Ximena, Joaquín, Valentina, Iker, Itziar',
    ),
    surnames: list(
      'García, Fernández, González, Rodríguez, López, Martínez, Sánchez, Pérez, Gómez, Martín, Jiménez, Ruiz, Hernández, Díaz, Moreno, Álvarez, Muñoz, Romero, Alonso, Gutiérrez, Navarro, Torres, Domínguez, Vázquez, Ramos, Gil, Ramírez, Serrano, Blanco, Molina, Morales, Ortega, Delgado, Castro, Ortiz, Rubio, Marín, Sanz, Núñez, Iglesias, Etxeberria, Quispe',
    ),
    streets: list(
      'Calle Mayor, Avenida de la Constitución, Calle de Alcalá, Paseo de Gracia, Plaza de España, Calle San Juan, Calle del Carmen, Avenida Diagonal, Camino Real, Calle Real, Ronda de Toledo, Calle Cervantes, Travesía del Sol, Calle Goya',
    ),
    towns: list(
      'Madrid, Sevilla, Valencia, Zaragoza, Málaga, Murcia, Bilbao, Alicante, Córdoba, Valladolid, Vigo, Gijón',
    ),
  },
  it: {
    given: list(
      'Giuseppe, Giulia, Francesco, Chiara, Antonio, Francesca, Alessandro, Federica, Luca, Valentina, Marco, Martina, Matteo, Alessia, Lorenzo, Silvia, Davide, Elisa, Simone, Paola, Andrea, Ilaria, Niccolò, Beatrice, Stefano, Giorgia, Riccardo, Serena, Salvatore, Concetta, Edoardo, Ludovica, Pietro, Ginevra',
    ),
    surnames: list(
      'Rossi, Russo, Ferrari, Esposito, Bianchi, Romano, Colombo, Ricci, Marino, Greco, Bruno, Gallo, Conti, De Luca, Mancini, Costa, Giordano, Rizzo, Lombardi, Moretti, Barbieri, Fontana, Santoro, Mariani, Rinaldi, Caruso, Ferrara, Galli, Martini, Leone, Longo, Gentile, Martinelli, Vitale, D’Angelo, Pellegrini, Palumbo, Sanna',
    ),
    streets: list(
      'Via Roma, Via Garibaldi, Corso Italia, Via Giuseppe Verdi, Piazza del Popolo, Viale dei Mille, Via Dante Alighieri, Largo Augusto, Via Mazzini, Vicolo Stretto, Corso Vittorio Emanuele, Via delle Rose, Via San Marco, Viale Europa',
    ),
    towns: list(
      'Roma, Milano, Torino, Bologna, Firenze, Verona, Genova, Padova, Trieste, Parma, Bari, Catania',
    ),
  },
  pt: {
    given: list(
      'João, Maria, António, Ana, Pedro, Beatriz, Tiago, Inês, Ricardo, Mariana, Rui, Catarina, Luís, Sofia, Miguel, Joana, Nuno, Carolina, Gonçalo, Leonor, Rafael, Fernanda, Thiago, Larissa, Gustavo, Juliana, Vinícius, Camila, Caio, Letícia, Henrique, Conceição, Bruno, Patrícia',
    ),
    surnames: list(
      'Silva, Santos, Ferreira, Pereira, Oliveira, Costa, Rodrigues, Martins, Jesus, Sousa, Fernandes, Gonçalves, Gomes, Lopes, Marques, Alves, Almeida, Ribeiro, Pinto, Carvalho, Teixeira, Moreira, Correia, Mendes, Nunes, Soares, Vieira, Monteiro, Cardoso, Rocha, Neves, Coelho, da Cruz, Cunha, Nascimento, Araújo, Barbosa, Figueiredo',
    ),
    streets: list(
      'Rua das Flores, Avenida da Liberdade, Rua Augusta, Travessa do Carmo, Rua do Ouro, Largo da Sé, Rua São João, Avenida Paulista, Rua Direita, Praça da República, Rua de Santa Catarina, Alameda dos Anjos, Estrada Nova, Rua Nova',
    ),
    towns: list(
      'Lisboa, Porto, Coimbra, Braga, Faro, Setúbal, Aveiro, Évora, Curitiba, Recife, Campinas, Salvador',
    ),
  },
  nl: {
    given: list(
      'Jan, Emma, Pieter, Sanne, Willem, Lotte, Kees, Femke, Daan, Anouk, Bram, Marieke, Joost, Ilse, Sander, Maaike, Ruben, Fleur, Thijs, Nienke, Gerrit, Annelies, Hendrik, Wilma, Lars, Eline, Maarten, Saskia, Koen, Marloes, Youssef, Samira, Jeroen, Roos, Floris, Merel',
    ),
    surnames: list(
      'de Jong, Jansen, de Vries, van den Berg, Bakker, van Dijk, Visser, Janssen, Smit, Meijer, de Boer, Mulder, de Groot, Bos, Vos, Peters, Hendriks, van Leeuwen, Dekker, Brouwer, de Wit, Dijkstra, Smits, de Graaf, van der Meer, Kok, Jacobs, van der Linden, Vermeulen, van den Heuvel, Schouten, Willems, Hoekstra, Maas, Verhoeven, Postma, El Amrani, Kuipers',
    ),
    streets: list(
      'Kerkstraat, Dorpsstraat, Molenweg, Schoolstraat, Hoofdstraat, Julianalaan, Prinsengracht, Beukenlaan, Stationsplein, Nieuwstraat, Wilhelminalaan, Oude Gracht, Parallelweg, Marktplein',
    ),
    towns: list(
      'Amsterdam, Utrecht, Haarlem, Groningen, Eindhoven, Leiden, Breda, Nijmegen, Zwolle, Delft, Arnhem, Tilburg',
    ),
  },
};
